import { Button, Checkbox } from "@mantine/core";
import { useState } from "react";
import type { Key } from "../../api/keys.js";
import { ago, dateTime } from "../../format.js";
import { StateDot, type Tone } from "../../shell/state-mark.js";
import { Table } from "../../shell/table.js";
import table from "../../shell/table.module.css";
import styles from "./key-table.module.css";

type KeyState = "active" | "expired" | "revoked";

const tones: Readonly<Record<KeyState, Tone>> = { active: "kept", expired: "quiet", revoked: "quiet" };

function stateOf(key: Key, now: number): KeyState {
  if (key.revoked !== null) return "revoked";
  return key.expires !== null && Date.parse(key.expires) <= now ? "expired" : "active";
}

interface KeyTableProps {
  readonly keys: readonly Key[];
  readonly onRevoke: (key: Key) => void;
}

export function KeyTable({ keys, onRevoke }: KeyTableProps) {
  const [all, setAll] = useState(false);
  const now = Date.now();
  const states = keys.map((key) => ({ key, state: stateOf(key, now) }));
  const past = states.filter(({ state }) => state !== "active").length;
  const shown = all ? states : states.filter(({ state }) => state === "active");
  return (
    <>
      <Table
        columns={[
          "Name",
          "Key",
          "Scopes",
          "Organisation",
          "State",
          "Created",
          "Last used",
          "Expires",
          { name: "Actions", hidden: true },
        ]}
      >
        {shown.map(({ key, state }) => (
          <tr key={key.id} className={state === "active" ? undefined : styles.past}>
            <th scope="row">{key.name}</th>
            <td data-label="Key">
              <code>{key.prefix}…</code>
            </td>
            <td data-label="Scopes">
              <span>
                {key.scopes.join(", ")}
                {key.models && <span className={table.soft}> for {key.models.join(", ")}</span>}
              </span>
            </td>
            <td data-label="Organisation">{key.organisation}</td>
            <td data-label="State">
              <StateDot tone={tones[state]}>{state}</StateDot>
            </td>
            <Moment label="Created" at={key.created} now={now} none="" />
            <Moment label="Last used" at={key.lastUsed} now={now} none="never" />
            <Moment label="Expires" at={key.expires} now={now} none="never" />
            <td className={table.figure}>
              {state === "active" && (
                <Button
                  size="compact-sm"
                  variant="default"
                  aria-label={`Revoke ${key.name}`}
                  onClick={() => onRevoke(key)}
                >
                  Revoke
                </Button>
              )}
            </td>
          </tr>
        ))}
      </Table>
      {past > 0 && (
        <div className={styles.more}>
          <Checkbox
            size="xs"
            label={`Show ${past} revoked or expired`}
            checked={all}
            onChange={(event) => setAll(event.currentTarget.checked)}
          />
        </div>
      )}
    </>
  );
}

interface MomentProps {
  readonly label: string;
  readonly at: string | null;
  readonly now: number;
  readonly none: string;
}

function Moment({ label, at, now, none }: MomentProps) {
  return (
    <td data-label={label} className={`${table.soft} ${table.nowrap}`}>
      {at === null ? none : <span title={dateTime(Date.parse(at))}>{ago(Date.parse(at), now)}</span>}
    </td>
  );
}
