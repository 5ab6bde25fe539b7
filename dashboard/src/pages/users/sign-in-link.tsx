import { Button, Group, Modal, Stack } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { type User, useCreateSignInLink } from "../../api/users.js";
import { timeOfDay } from "../../format.js";
import { CheckIcon, CopyIcon } from "../../shell/icons.js";
import { FailureNote } from "../../shell/note.js";
import { Secret } from "../../shell/secret.js";

interface SignInLinkProps {
  readonly user: User | undefined;
  readonly onClose: () => void;
}

/** A single-use link for a user, created on request. Any browser that opens it is signed in as the user. */
export function SignInLink({ user, onClose }: SignInLinkProps) {
  const create = useCreateSignInLink();
  const clipboard = useClipboard({ timeout: 3000 });
  const close = () => {
    create.reset();
    onClose();
  };
  return (
    <Modal opened={user !== undefined} onClose={close} title={`Sign-in link for ${user?.name ?? ""}`}>
      <Stack gap="md">
        {create.data ? (
          <>
            <p>
              Valid once, until {timeOfDay(Date.parse(create.data.expires))}. You will not see it again; create another
              one at any time.
            </p>
            <Secret label="sign-in-link">{create.data.url}</Secret>
          </>
        ) : (
          <p>The link signs in once, within ten minutes. Any browser that opens it is signed in as {user?.name}.</p>
        )}
        {create.isError && <FailureNote error={create.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            {create.data ? "Done" : "Cancel"}
          </Button>
          {create.data ? (
            <Button
              leftSection={clipboard.copied ? <CheckIcon size={16} /> : <CopyIcon size={16} />}
              onClick={() => clipboard.copy(create.data.url)}
            >
              {clipboard.copied ? "Copied" : "Copy link"}
            </Button>
          ) : (
            <Button data-autofocus loading={create.isPending} onClick={() => user && create.mutate(user.id)}>
              Create link
            </Button>
          )}
        </Group>
      </Stack>
    </Modal>
  );
}
