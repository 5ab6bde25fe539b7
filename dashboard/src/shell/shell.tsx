import { Drawer } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { useEffect, useRef, useState } from "react";
import { Link, NavLink, Outlet, useLocation } from "react-router";
import type { Session } from "../api/session.js";
import { AccountMenu } from "./account-menu.js";
import { ConnectionNotice } from "./connection-notice.js";
import { Help } from "./help.js";
import { MoreIcon } from "./icons.js";
import { Mark } from "./mark.js";
import { homeOf, type NavigationItem, navigationOf, pagesOf } from "./navigation.js";
import { PageFinder } from "./page-finder.js";
import { PlatformName } from "./platform-name.js";
import { SchemeSwitch } from "./scheme-switch.js";
import styles from "./shell.module.css";

/** The frame of every page: navigation, account menu, page finder and colour scheme. */
export function Shell({ session }: { readonly session: Session }) {
  const { pathname } = useLocation();
  const pages = pagesOf(session);
  const main = useRef<HTMLElement>(null);
  const shown = useRef(pathname);
  const [dialog, setDialog] = useState<"find" | "help" | "more">();
  const close = () => setDialog(undefined);
  useHotkeys([["mod+K", () => setDialog("find")]], []);
  useEffect(() => {
    if (shown.current === pathname) return;
    shown.current = pathname;
    // A new page starts at its top, with the focus on its content.
    window.scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
    setDialog((open) => (open === "more" ? undefined : open));
  }, [pathname]);

  return (
    <div className={styles.shell}>
      <a className={styles.skip} href="#main">
        Skip to content
      </a>
      <header className={styles.bar}>
        <Link to={homeOf(session)} className={styles.brand}>
          <span className={styles.mark}>
            <Mark size={22} />
          </span>
          <span className={styles.platform}>{session.platform}</span>
          <span className={styles.environment}>{session.environment}</span>
        </Link>
        <div className={styles.tools}>
          <SchemeSwitch />
          <AccountMenu session={session} onFindPage={() => setDialog("find")} onShortcuts={() => setDialog("help")} />
        </div>
      </header>
      <nav className={styles.nav} aria-label="Pages">
        <Groups session={session} />
      </nav>
      <nav className={styles.tabs} aria-label="Main pages">
        {pages
          .filter(({ primary }) => primary)
          .map((item) => (
            <Place key={item.to} item={item} />
          ))}
        <button
          type="button"
          className={`${styles.place} ${pages.some(({ to, primary }) => !primary && pathname.startsWith(to)) ? styles.here : ""}`}
          aria-expanded={dialog === "more"}
          onClick={() => setDialog("more")}
        >
          <MoreIcon />
          <span>More</span>
        </button>
      </nav>
      <Drawer opened={dialog === "more"} onClose={close} position="bottom" size="auto" title="Pages">
        <nav className={styles.drawer} aria-label="All pages">
          <Groups session={session} />
        </nav>
      </Drawer>
      <main id="main" className={styles.main} tabIndex={-1} ref={main}>
        <div className={styles.content}>
          <ConnectionNotice />
          <PlatformName value={session.platform}>
            <Outlet />
          </PlatformName>
        </div>
      </main>
      <PageFinder pages={pages} opened={dialog === "find"} onClose={close} />
      <Help opened={dialog === "help"} onClose={close} />
    </div>
  );
}

function Groups({ session }: { readonly session: Session }) {
  return navigationOf(session).map(({ name, items }) => (
    <section key={name} className={styles.group} aria-label={name}>
      <p className={styles.groupName} aria-hidden="true">
        {name}
      </p>
      <ul className={styles.places}>
        {items.map((item) => (
          <li key={item.to}>
            <Place item={item} />
          </li>
        ))}
      </ul>
    </section>
  ));
}

function Place({ item: { to, name, Icon } }: { readonly item: NavigationItem }) {
  return (
    <NavLink to={to} className={({ isActive }) => `${styles.place} ${isActive ? styles.here : ""}`}>
      <Icon />
      <span>{name}</span>
    </NavLink>
  );
}
