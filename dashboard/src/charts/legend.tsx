import styles from "./legend.module.css";

/** The legend of a plot: a colour and a name for each series. */
export function Legend({
  entries,
}: {
  readonly entries: readonly { readonly name: string; readonly color: string }[];
}) {
  return (
    <ul className={styles.legend}>
      {entries.map(({ name, color }) => (
        <li key={name} className={styles.entry}>
          <span className={styles.swatch} style={{ background: color }} aria-hidden="true" />
          {name}
        </li>
      ))}
    </ul>
  );
}
