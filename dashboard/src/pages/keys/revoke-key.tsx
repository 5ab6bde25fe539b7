import { Button, Group, Modal, Stack } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { type Key, useRevokeKey } from "../../api/keys.js";
import { FailureNote } from "../../shell/note.js";

interface RevokeKeyProps {
  readonly target: Key | undefined;
  readonly onClose: () => void;
}

/** Confirmation dialog: revoking cannot be undone. */
export function RevokeKey({ target, onClose }: RevokeKeyProps) {
  const revoke = useRevokeKey();
  const close = () => {
    revoke.reset();
    onClose();
  };
  return (
    <Modal opened={target !== undefined} onClose={close} title={`Revoke ${target?.name ?? ""}?`}>
      <Stack gap="md">
        <p>
          Requests with <code>{target?.prefix}…</code> are refused immediately on every replica. This cannot be undone.
        </p>
        {revoke.isError && <FailureNote error={revoke.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close} data-autofocus>
            Cancel
          </Button>
          <Button
            color="red.8"
            loading={revoke.isPending}
            onClick={() => {
              if (target)
                revoke.mutate(target.id, {
                  onSuccess: () => {
                    notifications.show({ title: "Key revoked", message: target.name });
                    close();
                  },
                });
            }}
          >
            Revoke
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
