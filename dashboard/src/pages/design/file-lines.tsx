import { useEffect, useRef } from "react";
import { Link } from "react-router";
import type { DesignFinding } from "../../api/design.js";
import styles from "./file-lines.module.css";
import { FindingNote } from "./finding-note.js";

interface FileLinesProps {
  readonly text: string;
  readonly findings: readonly DesignFinding[];
  /** Counted from 1; 0: none. */
  readonly selected: number;
}

/** The lines of the platform file, each with a link to itself, and the findings below their lines. */
export function FileLines({ text, findings, selected }: FileLinesProps) {
  const lines = text.replace(/\n$/, "").split("\n");
  const at = (line: number) => findings.filter((finding) => finding.at.line === line);
  return (
    <>
      {at(0).map((finding) => (
        <FindingNote key={`${finding.code} ${finding.message}`} finding={finding} />
      ))}
      <ol className={styles.lines}>
        {lines.map((line, index) => (
          <Line
            // biome-ignore lint/suspicious/noArrayIndexKey: the lines of a file are never reordered
            key={index}
            number={index + 1}
            text={line}
            selected={selected === index + 1}
            findings={at(index + 1)}
          />
        ))}
      </ol>
    </>
  );
}

interface LineProps {
  readonly number: number;
  readonly text: string;
  readonly selected: boolean;
  readonly findings: readonly DesignFinding[];
}

function Line({ number, text, selected, findings }: LineProps) {
  const item = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (selected) item.current?.scrollIntoView({ block: "center" });
  }, [selected]);
  return (
    <li ref={item} className={styles.line} data-selected={selected || undefined} aria-current={selected || undefined}>
      <Link className={styles.number} to={`/design?line=${number}`} aria-label={`Line ${number}`} replace>
        {number}
      </Link>
      <code className={styles.text}>{text}</code>
      {findings.map((finding) => (
        <FindingNote key={`${finding.code} ${finding.message}`} finding={finding} />
      ))}
    </li>
  );
}
