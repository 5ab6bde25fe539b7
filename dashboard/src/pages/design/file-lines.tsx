import { useEffect, useRef } from "react";
import { Link } from "react-router";
import type { DesignFinding } from "../../api/design.js";
import { Pager } from "../../shell/pager.js";
import { pageNumber, useUrlState } from "../../shell/url-state.js";
import styles from "./file-lines.module.css";
import { FindingNote } from "./finding-note.js";
import { worstFirst } from "./severities.js";

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
  const [parameters, setParameters] = useUrlState();
  const wanted = Math.min(selected > 0 ? selected : pageNumber(parameters.get("lines")), lines.length);
  const first = Math.floor((wanted - 1) / PAGE_LINES) * PAGE_LINES;
  const show = (line: number) => setParameters({ lines: String(line), line: undefined });
  const shown = lines.slice(first, first + PAGE_LINES);
  const at = (line: number) => worstFirst(findings.filter((finding) => finding.at.line === line));
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
          onPrevious={first === 0 ? undefined : () => show(first + 1 - PAGE_LINES)}
          onNext={first + PAGE_LINES >= lines.length ? undefined : () => show(first + 1 + PAGE_LINES)}
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
  const link = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    if (!selected) return;
    // The line itself: with its findings it may be taller than the window. The keyboard goes on from there.
    link.current?.scrollIntoView({ block: "center" });
    link.current?.focus({ preventScroll: true });
  }, [selected]);
  return (
    <li className={styles.line} data-selected={selected || undefined} aria-current={selected || undefined}>
      <Link ref={link} className={styles.number} to={`/design?line=${number}`} aria-label={`Line ${number}`} replace>
        {number}
      </Link>
      <code className={styles.text}>{text}</code>
      {findings.map((finding) => (
        <FindingNote key={`${finding.code} ${finding.message}`} finding={finding} />
      ))}
    </li>
  );
}
