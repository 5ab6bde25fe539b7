import { type ReactNode, useContext, useEffect } from "react";
import styles from "./page.module.css";
import { PlatformName } from "./platform-name.js";

interface PageProps {
  readonly title: string;
  readonly lead?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** The frame of a page: its heading, a lead sentence and actions. */
export function Page({ title, lead, actions, children }: PageProps) {
  const platform = useContext(PlatformName);
  useEffect(() => {
    document.title = [title, platform, "Keelson"].filter((part) => part !== undefined).join(" · ");
  }, [title, platform]);
  return (
    <>
      <header className={styles.header}>
        <div className={styles.words}>
          <h1 className={styles.title}>{title}</h1>
          {lead && <p className={styles.lead}>{lead}</p>}
        </div>
        {actions && <div className={styles.actions}>{actions}</div>}
      </header>
      {children}
    </>
  );
}

interface SectionProps {
  readonly title: string;
  readonly aside?: ReactNode;
  readonly children: ReactNode;
  /** No padding: the content extends to the edges (tables, plots). */
  readonly flush?: boolean;
}

/** A titled surface on a page. */
export function Section({ title, aside, children, flush = false }: SectionProps) {
  return (
    <section className={styles.section} aria-label={title}>
      <div className={styles.sectionHeader}>
        <h2 className={styles.sectionTitle}>{title}</h2>
        {aside && <div className={styles.aside}>{aside}</div>}
      </div>
      <div className={flush ? undefined : styles.sectionBody}>{children}</div>
    </section>
  );
}
