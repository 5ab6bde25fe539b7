import { Menu, UnstyledButton } from "@mantine/core";
import { type Session, useSignOut } from "../api/session.js";
import { VERSION } from "../version.js";
import { CodeIcon, KeyboardIcon, SearchIcon, SignOutIcon } from "./icons.js";
import styles from "./shell.module.css";

interface AccountMenuProps {
  readonly session: Session;
  readonly onFindPage: () => void;
  readonly onShortcuts: () => void;
}

/** Who is signed in, help, the version, and sign-out. */
export function AccountMenu({ session, onFindPage, onShortcuts }: AccountMenuProps) {
  const signOut = useSignOut();
  const name = session.user?.name || session.organisation;
  const about = [session.role, session.operator ? "operator" : "", session.organisation];
  return (
    <Menu position="bottom-end" width={264} shadow="md">
      <Menu.Target>
        <UnstyledButton className={styles.account} aria-label={`Account: ${name}, ${session.role}`}>
          <span className={styles.initial} data-initial={name.slice(0, 1).toUpperCase()} />
          <span className={styles.accountName}>{name}</span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <div className={styles.who}>
          <strong>{name}</strong>
          <span>{about.filter((part) => part !== "" && part !== name).join(" · ")}</span>
        </div>
        <Menu.Divider />
        <Menu.Item leftSection={<SearchIcon size={16} />} rightSection={<kbd>Ctrl K</kbd>} onClick={onFindPage}>
          Go to page
        </Menu.Item>
        <Menu.Item leftSection={<KeyboardIcon size={16} />} onClick={onShortcuts}>
          Help and shortcuts
        </Menu.Item>
        <Menu.Item component="a" href="/admin/openapi.json" target="_blank" leftSection={<CodeIcon size={16} />}>
          Admin API (OpenAPI)
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<SignOutIcon size={16} />} onClick={() => signOut.mutate()}>
          Sign out
        </Menu.Item>
        <Menu.Label>Keelson {VERSION}</Menu.Label>
      </Menu.Dropdown>
    </Menu>
  );
}
