import { Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useNavigate } from "react-router";
import { type DrillFaultEstimate, useStartDrill } from "../../api/drills.js";
import { useSession } from "../../api/session.js";
import { duration, plural } from "../../format.js";
import { PlayIcon } from "../../shell/icons.js";
import { FailureNote, Note } from "../../shell/note.js";
import { faultName } from "../promises/verdicts.js";
import styles from "./confirm-drill.module.css";

interface ConfirmDrillProps {
  readonly estimate: DrillFaultEstimate | undefined;
  readonly onClose: () => void;
}

/** Confirmation dialog: a drill affects the users of the running platform, and some drills lose their data. */
export function ConfirmDrill({ estimate, onClose }: ConfirmDrillProps) {
  return (
    <Modal
      opened={estimate !== undefined}
      onClose={onClose}
      title={estimate ? `Run the ${faultName(estimate.fault).toLowerCase()} drill?` : ""}
    >
      {estimate && <Confirmation estimate={estimate} onClose={onClose} />}
    </Modal>
  );
}

function Confirmation({ estimate, onClose }: { readonly estimate: DrillFaultEstimate; readonly onClose: () => void }) {
  const { fault, dataLoss } = estimate;
  const start = useStartDrill();
  const navigate = useNavigate();
  const platform = useSession().data?.platform;
  const [typed, setTyped] = useState("");
  const confirmed = !dataLoss || (platform !== undefined && typed.trim() === platform);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (confirmed) start.mutate(fault, { onSuccess: ({ id }) => navigate(`/drills/${encodeURIComponent(id)}`) });
  };

  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <Note tone={dataLoss ? "broken" : "unknown"}>
          <ul className={styles.impact}>
            <li>
              <strong>Outage:</strong> {outageText(estimate)}
            </li>
            <li>
              <strong>Data loss:</strong> {lossText(estimate)}
            </li>
            <li>
              <strong>Load:</strong> the drill sends requests and writes of its own, and takes about one minute.
            </li>
          </ul>
        </Note>
        {dataLoss && (
          <>
            <p className={styles.note}>
              To drill a separate copy instead: <code>keelson drill {fault}</code>
            </p>
            <TextInput
              label={
                <>
                  Type <strong>{platform}</strong> to confirm
                </>
              }
              autoComplete="off"
              spellCheck={false}
              data-autofocus
              value={typed}
              onChange={(event) => setTyped(event.currentTarget.value)}
            />
          </>
        )}
        {start.isError && <FailureNote error={start.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button
            type="submit"
            color="red.8"
            leftSection={<PlayIcon size={15} />}
            loading={start.isPending}
            disabled={!confirmed}
          >
            {dataLoss ? "Lose data and run drill" : "Run drill"}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** The estimates are whole seconds. */
function seconds(value: number): string {
  return duration(value * 1000);
}

function outageText({ unavailableSeconds }: DrillFaultEstimate): string {
  return unavailableSeconds === undefined
    ? "of unknown length; its prediction is not bounded."
    : `up to ${seconds(unavailableSeconds)} after each fault.`;
}

function lossText({ dataLoss }: DrillFaultEstimate): string {
  if (!dataLoss) return "none.";
  const { loses, estimatedSeconds, estimatedRecords } = dataLoss;
  const records = estimatedRecords === undefined ? "" : `, about ${plural(estimatedRecords, "usage record")}`;
  return `${loses}, permanently: up to ${seconds(estimatedSeconds)} of writes${records}.`;
}
