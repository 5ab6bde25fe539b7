import type { DrillSummary } from "../../api/drills.js";
import { Verdict as Mark, StateDot, type Tone } from "../../shell/state-mark.js";
import { tones, words } from "../promises/verdicts.js";

type Judged = Pick<DrillSummary, "state" | "verdict">;

/** A drill that was cancelled or failed says nothing about a promise, so it has no verdict's mark. */
const stateTones: Readonly<Record<Exclude<DrillSummary["state"], "finished">, Tone>> = {
  running: "kept",
  cancelled: "quiet",
  failed: "broken",
};

export function DrillVerdict({ drill }: { readonly drill: Judged }) {
  const { state, verdict = "unknown" } = drill;
  if (state === "finished") return <Mark tone={tones[verdict]}>{words[verdict]}</Mark>;
  return <StateDot tone={stateTones[state]}>{state}</StateDot>;
}
