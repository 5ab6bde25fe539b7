import { Button, Stack } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { CheckIcon, CopyIcon } from "../../shell/icons.js";
import styles from "./key-shown.module.css";

interface KeyShownProps {
  readonly secret: string;
  readonly onDone: () => void;
}

/** A new key whole, with a way to copy it and a call that works. */
export function KeyShown({ secret, onDone }: KeyShownProps) {
  const clipboard = useClipboard({ timeout: 3000 });
  const example = `curl ${window.location.origin}/v1/models -H "Authorization: Bearer ${secret}"`;
  return (
    <Stack gap="md">
      <p>Copy it now: only its hash is kept, so nobody can show it again.</p>
      <div className={styles.secret}>
        <code data-testid="new-key">{secret}</code>
      </div>
      <Button
        data-autofocus
        leftSection={clipboard.copied ? <CheckIcon size={16} /> : <CopyIcon size={16} />}
        onClick={() => clipboard.copy(secret)}
      >
        {clipboard.copied ? "Copied" : "Copy the key"}
      </Button>
      {clipboard.error && <p role="alert">The browser refused; mark the key and copy it by hand.</p>}
      <div>
        <p className={styles.note}>Try it:</p>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by the keyboard */}
        <pre className={styles.example} tabIndex={0}>
          {example}
        </pre>
      </div>
      <Button variant="default" onClick={onDone}>
        Done, I have copied it
      </Button>
    </Stack>
  );
}
