import { Alert, Button, Group, Modal, Stack } from "@mantine/core";
import { useNavigate } from "react-router";
import { ApiError } from "../../api/client.js";
import { useStartDrill } from "../../api/drills.js";
import { PlayIcon } from "../../shell/icons.js";
import { faultName } from "../promises/verdicts.js";
import type { Scenario } from "./scenarios.js";

interface ConfirmDrillProps {
  readonly scenario: Scenario | undefined;
  readonly onClose: () => void;
}

/** A drill breaks what people may be using: it says so, and is run on the second press. */
export function ConfirmDrill({ scenario, onClose }: ConfirmDrillProps) {
  const start = useStartDrill();
  const navigate = useNavigate();
  const close = () => {
    start.reset();
    onClose();
  };
  return (
    <Modal
      opened={scenario !== undefined}
      onClose={close}
      title={scenario ? `Run the ${faultName(scenario.fault).toLowerCase()} drill?` : ""}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <Stack gap="md">
        <p>{scenario?.cost}</p>
        {start.isError && (
          <Alert color="red" variant="light" role="alert" title={start.error.message}>
            {start.error instanceof ApiError ? start.error.hint : ""}
          </Alert>
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            Not now
          </Button>
          <Button
            data-autofocus
            leftSection={<PlayIcon size={15} />}
            loading={start.isPending}
            onClick={() => {
              if (scenario)
                start.mutate(scenario.fault, { onSuccess: ({ id }) => navigate(`/drills/${encodeURIComponent(id)}`) });
            }}
          >
            Break it now
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
