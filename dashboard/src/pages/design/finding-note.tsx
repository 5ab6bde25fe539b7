import { Link } from "react-router";
import type { DesignFinding } from "../../api/design.js";
import { InlineCode } from "../../shell/inline-code.js";
import { Verdict } from "../../shell/state-mark.js";
import styles from "./finding-note.module.css";
import { tones } from "./severities.js";

/** One finding of `keelson check`: what is wrong, what to do, and what the fix changes. */
export function FindingNote({ finding }: { readonly finding: DesignFinding }) {
  const { severity, code, message, at, alsoAt = [], hint, diff, safe } = finding;
  const lines = [...new Set(alsoAt.map(({ line }) => line))].filter((line) => line > 0 && line !== at.line);
  return (
    <div className={styles.finding} data-severity={severity}>
      <p className={styles.message}>
        <Verdict tone={tones[severity]}>{severity}</Verdict> <InlineCode text={message} />{" "}
        <span className={styles.code}>{code}</span>
      </p>
      {lines.length > 0 && (
        <p className={styles.hint}>
          <strong>Also in line</strong>{" "}
          {lines.map((line, index) => (
            <span key={line}>
              {index > 0 && ", "}
              <Link to={`/design?line=${line}`}>{line}</Link>
            </span>
          ))}
        </p>
      )}
      {hint !== undefined && (
        <p className={styles.hint}>
          <strong>Fix</strong> <InlineCode text={hint} />
        </p>
      )}
      {diff !== undefined && (
        <details>
          <summary className={styles.summary}>
            {safe ? "Change that keelson check --fix makes" : "Change of the file"}
          </summary>
          <Diff text={diff} />
        </details>
      )}
    </div>
  );
}

/** A unified difference; removed and added lines are marked by their sign besides the colour. */
function Diff({ text }: { readonly text: string }) {
  const lines = text.replace(/\n$/, "").split("\n").slice(2);
  return (
    <pre className={styles.diff}>
      {lines.map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines of a difference are never reordered
        <span key={index} data-sign={line.slice(0, 1)}>
          {line}
          {"\n"}
        </span>
      ))}
    </pre>
  );
}
