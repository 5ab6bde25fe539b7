import { Modal } from "@mantine/core";
import styles from "./help.module.css";

const keys = [
  { keys: ["Ctrl", "K"], what: "Go to a page (⌘ K on a Mac)" },
  { keys: ["Tab"], what: "Next control; the first one on a page is Skip to content" },
  { keys: ["Enter"], what: "Open, expand or select; Space does the same" },
  { keys: ["Esc"], what: "Close a dialog or a menu" },
  { keys: ["Shift", "Enter"], what: "New line in a message of the playground" },
];
const commands = [
  { command: "keelson promises", what: "the promise sheet" },
  { command: "keelson status", what: "components, archive and backups" },
  { command: "keelson check", what: "problems of the platform file and their fixes" },
  { command: "keelson logs -f", what: "the logs of all processes" },
  { command: "keelson --help", what: "all commands" },
];

interface HelpProps {
  readonly opened: boolean;
  readonly onClose: () => void;
}

/** Keyboard shortcuts, and where else to look. */
export function Help({ opened, onClose }: HelpProps) {
  return (
    <Modal opened={opened} onClose={onClose} title="Help and shortcuts">
      <h3 className={styles.title}>Keyboard</h3>
      <dl className={styles.list}>
        {keys.map(({ keys: pressed, what }) => (
          <div key={what}>
            <dt>
              {pressed.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <h3 className={styles.title}>On the command line</h3>
      <dl className={styles.list}>
        {commands.map(({ command, what }) => (
          <div key={command}>
            <dt>
              <code>{command}</code>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}
