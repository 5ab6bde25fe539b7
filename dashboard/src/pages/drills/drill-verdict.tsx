import { type DrillSummary, isRunning } from "../../api/drills.js";
import { StateDot, Verdict } from "../../shell/state-mark.js";
import { tones, words } from "../promises/verdicts.js";

export function DrillVerdict({ drill }: { readonly drill: Pick<DrillSummary, "state" | "verdict"> }) {
  if (isRunning(drill)) return <StateDot tone="unknown">running</StateDot>;
  if (drill.state === "cancelled") return <StateDot tone="quiet">cancelled</StateDot>;
  if (drill.state === "failed") return <Verdict tone="broken">failed</Verdict>;
  const verdict = drill.verdict ?? "unknown";
  return <Verdict tone={tones[verdict]}>{words[verdict]}</Verdict>;
}
