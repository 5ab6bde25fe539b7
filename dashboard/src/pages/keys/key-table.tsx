import { Button } from "@mantine/core";
import type { Key, KeyStatus } from "../../api/keys.js";
import { StateDot, type Tone } from "../../shell/state-mark.js";
import { Name, Table } from "../../shell/table.js";
import table from "../../shell/table.module.css";
import { When } from "../../shell/when.js";
import styles from "./key-table.module.css";

const tones: Readonly<Record<KeyStatus, Tone>> = { active: "kept", expired: "quiet", revoked: "quiet" };

interface KeyTableProps {
  readonly keys: readonly Key[];
  /** Keys of several statuses are listed: each row states its own. */
  readonly mixed: boolean;
  readonly onRevoke: (key: Key) => void;
}

export function KeyTable({ keys, mixed, onRevoke }: KeyTableProps) {
  return (
    <Table
      columns={[
        "Name",
        "Scopes",
        "Organisation",
        ...(mixed ? ["Status"] : []),
        "Created",
        "Last used",
        "Expires",
        { name: "Actions", hidden: true },
      ]}
    >
      {keys.map((key) => (
        <tr key={key.id} className={key.status === "active" ? undefined : styles.past}>
          <th scope="row">
            <Name>{key.name}</Name>
            <code className={styles.prefix}>{key.prefix}…</code>
          </th>
          <td data-label="Scopes">
            <span>
              {key.scopes.join(", ")}
              {key.models && <span className={table.soft}> for {key.models.join(", ")}</span>}
            </span>
          </td>
          <td data-label="Organisation">
            <Name>{key.organisation}</Name>
          </td>
          {mixed && (
            <td data-label="Status">
              <StateDot tone={tones[key.status]}>{key.status}</StateDot>
            </td>
          )}
          <Moment label="Created" at={key.created} none="" />
          <Moment label="Last used" at={key.lastUsed} none="never" />
          <Moment label="Expires" at={key.expires} none="never">
            {key.endsWithSession && "with its session, at most "}
          </Moment>
          <td data-label="Actions" className={table.figure}>
            {key.status === "active" && (
              <Button
                size="compact-sm"
                variant="subtle"
                color="gray"
                className={styles.revoke}
                aria-label={`Revoke ${key.name}`}
                onClick={() => onRevoke(key)}
              >
                Revoke…
              </Button>
            )}
          </td>
        </tr>
      ))}
    </Table>
  );
}

interface MomentProps {
  readonly label: string;
  readonly at: string | null;
  readonly none: string;
  readonly children?: string | false;
}

function Moment({ label, at, none, children }: MomentProps) {
  return (
    <td data-label={label} className={table.soft}>
      {at === null ? (
        none
      ) : (
        <span>
          {children}
          <When at={Date.parse(at)} />
        </span>
      )}
    </td>
  );
}
