import { Button, Stack } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { CheckIcon, CopyIcon } from "../../shell/icons.js";
import styles from "./key-shown.module.css";

interface KeyShownProps {
  readonly secret: string;
  readonly onDone: () => void;
}

/** A new key with a copy button and an example request. */
export function KeyShown({ secret, onDone }: KeyShownProps) {
  const clipboard = useClipboard({ timeout: 3000 });
  const example = `curl ${window.location.origin}/v1/models -H "Authorization: Bearer ${secret}"`;
  return (
    <Stack gap="md">
      <p>It is shown only once: Keelson stores only a hash of it.</p>
      <div className={styles.secret}>
        <code data-testid="new-key">{secret}</code>
      </div>
      <Button
        data-autofocus
        leftSection={clipboard.copied ? <CheckIcon size={16} /> : <CopyIcon size={16} />}
        onClick={() => clipboard.copy(secret)}
      >
        {clipboard.copied ? "Copied" : "Copy key"}
      </Button>
      {clipboard.error && <p role="alert">The browser denied access to the clipboard. Select the key and copy it.</p>}
      <div>
        <p className={styles.note}>Try it:</p>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable area must be reachable by keyboard */}
        <pre className={styles.example} tabIndex={0}>
          {example}
        </pre>
      </div>
      <Button variant="default" onClick={onDone}>
        Done
      </Button>
    </Stack>
  );
}
