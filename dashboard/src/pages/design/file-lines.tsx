import { useEffect, useRef, useState } from "react";
import { Link } from "react-router";
import type { DesignFinding } from "../../api/design.js";
import { Pager } from "../../shell/pager.js";
import styles from "./file-lines.module.css";
import { FindingNote } from "./finding-note.js";

interface FileLinesProps {
  readonly text: string;
  readonly findings: readonly DesignFinding[];
  /** Counted from 1; 0: none. */
  readonly selected: number;
}

/** Lines of one page: with a finding at each of them the page is still fast. */
const PAGE_LINES = 200;

/** The lines of the platform file, each with a link to itself, and the findings below their lines. */
export function FileLines({ text, findings, selected }: FileLinesProps) {
  const lines = text.replace(/\n$/, "").split("\n");
  const [first, setFirst] = useState(Math.floor(Math.max(0, selected - 1) / PAGE_LINES) * PAGE_LINES);
  const shown = lines.slice(first, first + PAGE_LINES);
  const at = (line: number) => findings.filter((finding) => finding.at.line === line);
  return (
    <>
      {at(0).map((finding) => (
        <FindingNote key={`${finding.code} ${finding.message}`} finding={finding} />
      ))}
      <ol className={styles.lines}>
        {shown.map((line, index) => {
          const number = first + index + 1;
          return <Line key={number} number={number} text={line} selected={selected === number} findings={at(number)} />;
        })}
      </ol>
      {lines.length > PAGE_LINES && (
        <Pager
          of="line"
          first={first + 1}
          shown={shown.length}
          total={lines.length}
          onPrevious={first === 0 ? undefined : () => setFirst(first - PAGE_LINES)}
          onNext={first + PAGE_LINES >= lines.length ? undefined : () => setFirst(first + PAGE_LINES)}
        />
      )}
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
