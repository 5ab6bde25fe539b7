import { Fragment } from "react";
import type { Row } from "../../api/promises.js";
import { members } from "./fold.js";
import styles from "./member-names.module.css";

/** The subjects of a fold; lines break between the names, and within one only where it is wider than the column. */
export function MemberNames({ rows }: { readonly rows: readonly Row[] }) {
  const { names, more } = members(rows);
  return (
    <>
      {names.map((name, index) => (
        <Fragment key={name}>
          {index > 0 && " "}
          <span className={styles.name}>
            {name}
            {index < names.length - 1 && ","}
          </span>
        </Fragment>
      ))}
      {more > 0 && ` and ${more} more`}
    </>
  );
}
