import { UnstyledButton } from "@mantine/core";
import { Link } from "react-router";
import type { DesignFinding } from "../../api/design.js";
import { Verdict } from "../../shell/state-mark.js";
import { useUrlState } from "../../shell/url-state.js";
import styles from "./finding-list.module.css";
import { tones, worstFirst } from "./severities.js";

/** More are shown on request: the file follows, and has each finding in full. */
const MAX_SHOWN = 10;

/** The findings of the file as links to their lines, the worst first. */
export function FindingList({ findings }: { readonly findings: readonly DesignFinding[] }) {
  const [parameters, setParameters] = useUrlState();
  const all = parameters.get("findings") === "all";
  const sorted = worstFirst(findings);
  return (
    <>
      <ol className={styles.list}>
        {sorted.slice(0, all ? undefined : MAX_SHOWN).map((finding) => (
          <Finding key={`${finding.code} ${finding.at.line} ${finding.message}`} finding={finding} />
        ))}
      </ol>
      {sorted.length > MAX_SHOWN && (
        <UnstyledButton
          className={styles.more}
          aria-expanded={all}
          onClick={() => setParameters({ findings: all ? undefined : "all" })}
        >
          {all ? `Show the first ${MAX_SHOWN}` : `Show all ${sorted.length}`}
        </UnstyledButton>
      )}
    </>
  );
}

function Finding({ finding: { severity, code, message, at } }: { readonly finding: DesignFinding }) {
  const words = (
    <>
      <span className={styles.message}>{message.replaceAll("`", "")}</span>
      <span className={styles.place}>
        {at.line > 0 && `line ${at.line} · `}
        {code}
      </span>
    </>
  );
  return (
    <li className={styles.finding}>
      <span className={styles.severity}>
        <Verdict tone={tones[severity]}>{severity}</Verdict>
      </span>
      {at.line > 0 ? (
        <Link className={styles.words} to={`/design?line=${at.line}`} title={message}>
          {words}
        </Link>
      ) : (
        <span className={styles.words}>{words}</span>
      )}
    </li>
  );
}
