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

/** Confirmation dialog: a drill affects the users of the running platform. */
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
        <p>{scenario?.impact}</p>
        {start.isError && (
          <Alert color="red" variant="light" role="alert" title={start.error.message}>
            {start.error instanceof ApiError ? start.error.hint : ""}
          </Alert>
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button
            color="red.8"
            data-autofocus
            leftSection={<PlayIcon size={15} />}
            loading={start.isPending}
            onClick={() => {
              if (scenario)
                start.mutate(scenario.fault, { onSuccess: ({ id }) => navigate(`/drills/${encodeURIComponent(id)}`) });
            }}
          >
            Run drill
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
