import type { Plan } from "../../../plan/plan.js";
import { formatDuration } from "../../../spec/format.js";
import { written } from "../../places.js";
import { type Broken, broken, brokenBy, concern, reckoned } from "../../rows.js";
import { defineRule, type Found } from "../../rule.js";

/** One zone takes the promise with it. */
export const zoneLoss = defineRule({
  code: "availability/zone-loss",
  severity: "error",
  summary: "a lost availability zone breaks the RTO or RPO",
  help: "Clouds promise little for one zone and much for several. Replicas that are merely preferred to spread may all stand in the zone that is lost, volumes are bound to theirs, and a database survives only with a standby in another.",
  check(plan, report, sheet) {
    for (const of of ["rto", "rpo"] as const) {
      for (const cell of broken(sheet, "zone-loss", of)) {
        const { row, predicted, promised } = cell;
        if (row.path === "zones") {
          // Not every cloud has zones: said as a warning, once, for the first of the promises that it breaks.
          if (of === "rto" || row.rto.verdict !== "broken") {
            report(written(plan, "zones", `objectives.${of}`), everythingInOneZone(cell));
          }
          continue;
        }
        if (brokenBy(sheet, "node-loss", cell)) continue;
        const why =
          predicted.kind === "unbounded"
            ? `${predicted.why}, but ${row.subject} promises ${of.toUpperCase()} ${formatDuration(promised)}`
            : `when its zone is lost ${row.subject} ${of === "rto" ? "is back after" : "loses"} ${reckoned(predicted.total, predicted.terms)}, but promises ${formatDuration(promised)}`;
        const [key, value, advice] = remedy(plan, cell);
        report(key ? `${row.path}.${key}` : row.path, {
          concerns: [concern(cell)],
          why,
          advice,
          ...(key ? { fix: { edits: [{ path: `${row.path}.${key}`, value }], safe: false } } : {}),
        });
      }
    }
  },
});

function everythingInOneZone({ row, of, predicted, promised }: Broken): Found {
  return {
    concerns: (["rto", "rpo"] as const)
      .filter((each) => row[each].verdict === "broken")
      .map((each) => concern({ row, of: each })),
    why: `${of.toUpperCase()} ${formatDuration(promised)} is promised, but everything runs in one zone: when that is lost, nothing is left but the backups`,
    advice: predicted.kind === "unbounded" ? (predicted.fix?.advice ?? "spread over zones") : "spread over zones",
    severity: "warning",
  };
}

function remedy(
  plan: Plan,
  { row, predicted }: Broken,
): readonly [key: string | undefined, value: unknown, advice: string] {
  const unit = plan.units.find(({ name }) => name === row.subject);
  if (unit) {
    if (unit.volumes.some(({ kind }) => kind === "persistent")) {
      return [undefined, undefined, "keep the state in a store that is replicated over zones"];
    }
    return [
      "spread",
      { zones: "require" },
      "run at least two replicas and require them in different zones: `spread: { zones: require }`",
    ];
  }
  const store = plan.stores.find(({ name }) => name === row.subject);
  if (store?.kind === "postgres" && store.standby !== "another-zone") {
    return ["standby", "another-zone", "have a standby in another zone: `standby: another-zone`"];
  }
  const advice = predicted.kind === "unbounded" ? predicted.fix?.advice : undefined;
  return ["replicas", 3, advice ?? "run replicas in other zones"];
}
