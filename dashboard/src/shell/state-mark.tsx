import { CheckIcon, CrossIcon, DashIcon, QuestionIcon, WarningIcon } from "./icons.js";
import styles from "./state-mark.module.css";

export type Tone = "kept" | "broken" | "unknown" | "quiet";

const pictures = { kept: CheckIcon, broken: CrossIcon, unknown: QuestionIcon, warning: WarningIcon, quiet: DashIcon };

/** A warning needs attention and is certain; `unknown` is neither kept nor broken. */
export type VerdictTone = Tone | "warning";

/** A verdict with colour and icon, so that it does not depend on colour alone. */
export function Verdict({ tone, children }: { readonly tone: VerdictTone; readonly children: string }) {
  const Picture = pictures[tone];
  return (
    <span className={`${styles.verdict} ${styles[tone]}`}>
      <Picture size={14} />
      {children}
    </span>
  );
}

/** The state of a running component: a dot and a word. */
export function StateDot({ tone, children }: { readonly tone: Tone; readonly children: string }) {
  return (
    <span className={`${styles.state} ${styles[`${tone}Dot`]}`}>
      <span className={styles.dot} aria-hidden="true" />
      {children}
    </span>
  );
}

/** The tone of a state in the API. */
export function toneOf(state: string): Tone {
  switch (state) {
    case "ready":
    case "kept":
    case "up":
    case "verified":
      return "kept";
    case "down":
    case "broken":
    case "failed":
      return "broken";
    case "starting":
    case "degraded":
    case "unknown":
    case "running":
    case "ejected":
      return "unknown";
    default:
      return "quiet";
  }
}
