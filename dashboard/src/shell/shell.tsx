import { Menu, Tooltip, UnstyledButton } from "@mantine/core";
import { type ComponentType, useEffect, useRef } from "react";
import { Link, NavLink, Outlet, useLocation } from "react-router";
import { type Session, useSignOut } from "../api/session.js";
import { ConnectionNotice } from "./connection-notice.js";
import { DrillsIcon, KeysIcon, ModelsIcon, PromisesIcon, SignOutIcon, TopologyIcon, UsageIcon } from "./icons.js";
import { Mark } from "./mark.js";
import { SchemeSwitch } from "./scheme-switch.js";
import styles from "./shell.module.css";

interface NavigationItem {
  readonly to: string;
  readonly name: string;
  readonly Icon: ComponentType<{ readonly size?: number }>;
  /** The page concerns the platform itself: the API refuses its data to others. */
  readonly operator: boolean;
}

const navigation: readonly NavigationItem[] = [
  { to: "/promises", name: "Promises", Icon: PromisesIcon, operator: true },
  { to: "/topology", name: "Topology", Icon: TopologyIcon, operator: true },
  { to: "/models", name: "Models", Icon: ModelsIcon, operator: false },
  { to: "/usage", name: "Usage", Icon: UsageIcon, operator: false },
  { to: "/keys", name: "Keys", Icon: KeysIcon, operator: false },
  { to: "/drills", name: "Drills", Icon: DrillsIcon, operator: true },
];

/** The first page of a user. */
export function homeOf({ operator }: Pick<Session, "operator">): string {
  return operator ? "/promises" : "/models";
}

/** The frame of every page: navigation, account menu and colour scheme. */
export function Shell({ session }: { readonly session: Session }) {
  const { pathname } = useLocation();
  const main = useRef<HTMLElement>(null);
  const shown = useRef(pathname);
  useEffect(() => {
    if (shown.current === pathname) return;
    shown.current = pathname;
    // A new page starts at its top, with the focus on its content.
    window.scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [pathname]);

  return (
    <div className={styles.shell}>
      <a className={styles.skip} href="#main">
        Skip to content
      </a>
      <header className={styles.bar}>
        <PlatformName session={session} />
        <div className={styles.tools}>
          <SchemeSwitch />
          <Account session={session} />
        </div>
      </header>
      <nav className={styles.nav} aria-label="Pages">
        <ul className={styles.places}>
          {navigation
            .filter((item) => session.operator || !item.operator)
            .map(({ to, name, Icon }) => (
              <li key={to}>
                <NavLink to={to} className={({ isActive }) => `${styles.place} ${isActive ? styles.here : ""}`}>
                  <Icon />
                  <span>{name}</span>
                </NavLink>
              </li>
            ))}
        </ul>
      </nav>
      <main id="main" className={styles.main} tabIndex={-1} ref={main}>
        <div className={styles.content}>
          <ConnectionNotice />
          <Outlet />
        </div>
      </main>
    </div>
  );
}

function PlatformName({ session }: { readonly session: Session }) {
  return (
    <Link to={homeOf(session)} className={styles.brand}>
      <span className={styles.mark}>
        <Mark size={22} />
      </span>
      <span className={styles.platform}>{session.platform}</span>
      <span className={styles.environment}>{session.environment}</span>
    </Link>
  );
}

function Account({ session }: { readonly session: Session }) {
  const signOut = useSignOut();
  const name = session.user?.name || session.organisation;
  return (
    <Menu position="bottom-end" width={220} shadow="md">
      <Menu.Target>
        <Tooltip label="Account">
          <UnstyledButton className={styles.account} aria-label={`Account: ${name}, ${session.role}`}>
            <span aria-hidden="true">{name.slice(0, 1).toUpperCase()}</span>
          </UnstyledButton>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {name}
          <br />
          {[session.role, session.organisation].filter((part) => part !== "" && part !== name).join(" · ")}
        </Menu.Label>
        <Menu.Item leftSection={<SignOutIcon size={16} />} onClick={() => signOut.mutate()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
