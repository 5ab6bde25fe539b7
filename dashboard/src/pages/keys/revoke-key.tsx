import { Alert, Button, Group, Modal, Stack } from "@mantine/core";
import { ApiError } from "../../api/client.js";
import { type Key, useRevokeKey } from "../../api/keys.js";

interface RevokeKeyProps {
  readonly asked: Key | undefined;
  readonly onClose: () => void;
}

/** Revoking cannot be undone, so it is asked for twice. */
export function RevokeKey({ asked, onClose }: RevokeKeyProps) {
  const revoke = useRevokeKey();
  const close = () => {
    revoke.reset();
    onClose();
  };
  return (
    <Modal
      opened={asked !== undefined}
      onClose={close}
      title={`Revoke ${asked?.name ?? ""}?`}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <Stack gap="md">
        <p>
          Whoever uses <code>{asked?.prefix}…</code> is refused from now on, on every replica. This cannot be undone.
        </p>
        {revoke.isError && (
          <Alert color="red" variant="light" role="alert">
            {revoke.error.message} {revoke.error instanceof ApiError ? revoke.error.hint : ""}
          </Alert>
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close} data-autofocus>
            Keep it
          </Button>
          <Button
            color="red.8"
            loading={revoke.isPending}
            onClick={() => {
              if (asked) revoke.mutate(asked.id, { onSuccess: close });
            }}
          >
            Revoke
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
