import type { ReactNode } from "react";
import styles from "./filters.module.css";

/** The search field and filters above a list. */
export function Filters({ children }: { readonly children: ReactNode }) {
  return <div className={styles.filters}>{children}</div>;
}
