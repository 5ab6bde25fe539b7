import { Button, Group, Stack } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { useEffect } from "react";
import { type CreatedKey, useRevokeKey } from "../../api/keys.js";
import { CheckIcon, CopyIcon } from "../../shell/icons.js";
import { FailureNote, Note } from "../../shell/note.js";
import { Secret } from "../../shell/secret.js";
import styles from "./key-shown.module.css";

interface KeyShownProps {
  readonly created: CreatedKey;
  /** Whether the key was copied, by the button or by selecting it. */
  readonly copied: boolean;
  /** Whether the user tried to close the dialog before the key was copied. */
  readonly warned: boolean;
  readonly onCopied: () => void;
  readonly onDone: () => void;
}

/** A new key with a copy button and an example request. Until it is copied, it can only be discarded, which revokes it. */
export function KeyShown({ created, copied, warned, onCopied, onDone }: KeyShownProps) {
  const clipboard = useClipboard({ timeout: 3000 });
  const example = useClipboard({ timeout: 3000 });
  const revoke = useRevokeKey();
  const secret = created.key;
  const request = `curl ${window.location.origin}/v1/models -H "Authorization: Bearer ${secret}"`;

  useEffect(() => {
    if (copied) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [copied]);

  return (
    <Stack gap="md">
      <p>You will not see it again: Keelson stores only a hash of it.</p>
      <Secret label="new-key" onCopy={onCopied}>
        {secret}
      </Secret>
      <Button
        data-autofocus
        leftSection={clipboard.copied ? <CheckIcon size={16} /> : <CopyIcon size={16} />}
        onClick={() => {
          clipboard.copy(secret);
          onCopied();
        }}
      >
        {clipboard.copied ? "Copied" : "Copy key"}
      </Button>
      {clipboard.error && <p role="alert">The browser denied access to the clipboard. Select the key and copy it.</p>}
      <div onCopy={onCopied}>
        <div className={styles.tryHead}>
          <p className={styles.note}>Try it</p>
          <Button
            size="compact-xs"
            variant="subtle"
            color="gray"
            onClick={() => {
              example.copy(request);
              onCopied();
            }}
          >
            {example.copied ? "Copied" : "Copy command"}
          </Button>
        </div>
        <pre className={styles.example}>{request}</pre>
      </div>
      {warned && !copied && (
        <Note tone="unknown" alert title="The key is not copied yet">
          Copy it, or discard it. A discarded key is revoked.
        </Note>
      )}
      {revoke.isError && <FailureNote error={revoke.error} />}
      <Group justify="space-between" gap="xs">
        {copied ? (
          <span className={styles.note}>Copied.</span>
        ) : (
          <Button
            variant="subtle"
            color="red.8"
            className={styles.discard}
            loading={revoke.isPending}
            onClick={() => revoke.mutate(created.id, { onSuccess: onDone })}
          >
            Discard and revoke
          </Button>
        )}
        <Button variant="default" disabled={!copied} onClick={onDone}>
          Done
        </Button>
      </Group>
    </Stack>
  );
}
