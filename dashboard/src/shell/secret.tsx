import styles from "./secret.module.css";

interface SecretProps {
  /** Names the element for tests. */
  readonly label: string;
  readonly onCopy?: () => void;
  readonly children: string;
}

/** A text that is shown once, selected as a whole by one click. */
export function Secret({ label, onCopy, children }: SecretProps) {
  return (
    <div className={styles.secret} onCopy={onCopy}>
      <code data-testid={label}>{children}</code>
    </div>
  );
}
