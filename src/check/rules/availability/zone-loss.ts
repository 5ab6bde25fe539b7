import type { Objectives, Plan } from "../../../plan/plan.js";
import { storeTraits } from "../../../plan/stores/index.js";
import { formatDuration } from "../../../platform-file/format.js";
import { zones } from "../../../promises/terms/machine.js";
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
          report(written(plan, "zones", `objectives.${of}`), inTheOnlyZone(cell, "everything runs", plan.objectives));
          continue;
        }
        if (brokenBy(sheet, "node-loss", cell)) continue;
        const subject = [...plan.units, ...plan.stores].find(({ path }) => path === row.path);
        if (subject && zones(plan).length < 2) {
          const { objectives, name } = subject;
          report(`${objectives.path}.${of}`, inTheOnlyZone(cell, `${name} runs, as everything,`, objectives));
          continue;
        }
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

/** Not every cloud has zones to spread over: then the promise has to say that it does not reach this far. */
function inTheOnlyZone(cell: Broken, what: string, { path, except }: Objectives): Found {
  const { of, predicted, promised } = cell;
  const lost =
    of === "rto"
      ? "nothing is left but the backups"
      : predicted.kind === "bounded"
        ? `${reckoned(predicted.total, predicted.terms)} of writes are lost`
        : predicted.why;
  return {
    concerns: [concern(cell)],
    why: `${of.toUpperCase()} ${formatDuration(promised)} is promised, but ${what} in one zone: when that is lost, ${lost}`,
    advice: "spread over zones where the cloud has them, or leave this fault out of the promise: `except: [zone-loss]`",
    fix: { edits: [{ path: `${path}.except`, value: [...except, "zone-loss"] }], safe: false },
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
  const fix = store && storeTraits(store).zoneFix;
  if (fix) return [fix.key, fix.value, fix.advice];
  const advice = predicted.kind === "unbounded" ? predicted.fix?.advice : undefined;
  return [undefined, undefined, advice ?? "let a cloud provide it in several zones (`provide: managed`)"];
}
