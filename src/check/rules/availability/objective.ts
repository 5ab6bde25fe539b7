import type { Path } from "../../../plan/plan.js";
import { isBucket } from "../../../plan/stores/index.js";
import type { Edit } from "../../../platform-file/diagnostic.js";
import type { AvailabilityPrediction, Part, PredictedAvailability } from "../../../promises/availability.js";
import { formatPercent } from "../../../promises/format.js";
import { failsOver } from "../../../promises/subjects.js";
import type { CheckContext } from "../../context.js";
import { sloEdit, sloText } from "../../promise-edits.js";
import { defineRule } from "../../rule.js";

/** The parts of a request in series are less available than promised. See docs/checks.md, Availability. */
export const objective = defineRule({
  code: "availability/objective",
  severity: "error",
  summary: "the components that a request needs are together less available than promised",
  help: "A request needs every component on its path, so availabilities in series multiply: three components of 99.9 % make 99.7 %. For replicas on different nodes the failure probabilities multiply instead. The figures are the SLAs of the clouds.",
  check(context, report) {
    const { sheet } = context;
    for (const [weakest, targets] of brokenByWeakestPart(sheet.availability)) {
      const [worst, ...others] = [...targets].sort(lowestFirst);
      if (!worst) continue;
      const { subject, promised, predicted } = worst;
      const names = others.map((target) => target.subject).sort();
      const also = names.length === 0 ? "" : ` (and to ${names.join(" and ")})`;
      report(weakest.path, {
        concerns: targets.map((target) => ({ subject: target.subject, of: "availability" as const })),
        why: `a request to ${subject}${also} succeeds ${formatPercent(predicted.value)} of the time (${product(predicted.parts)}), but ${formatPercent(promised)} is promised`,
        advice: advice(context, weakest, { promised, predicted: predicted.value }),
        fix: { edits: keptAvailabilities(targets), safe: false },
      });
    }
    for (const [first, ...others] of unknownByReason(sheet.availability)) {
      if (first.predicted.kind !== "unknown") continue;
      const all = [first, ...others];
      const names = all.map(({ subject }) => subject).sort();
      report(first.path, {
        concerns: all.map(({ subject }) => ({ subject, of: "availability" as const })),
        why: `${names.join(" and ")} promise${names.length === 1 ? "s" : ""} ${formatPercent(first.promised)}, which cannot be predicted: ${first.predicted.why}`,
        advice: [
          ...(first.predicted.advice ? [first.predicted.advice] : []),
          "set no availability objective here",
        ].join(", or "),
        fix: {
          edits: [...new Set(all.map(({ path }) => path))].map((path) => sloEdit("availability", path, 0)),
          safe: false,
        },
      });
    }
  },
});

/** The targets with an unknown availability, grouped by the objective's path and the reason. */
function unknownByReason(
  availability: readonly PredictedAvailability[],
): Iterable<readonly [PredictedAvailability, ...PredictedAvailability[]]> {
  const reasons = new Map<string, [PredictedAvailability, ...PredictedAvailability[]]>();
  for (const each of availability) {
    if (each.predicted.kind !== "unknown") continue;
    const key = `${each.path} ${each.predicted.why}`;
    const same = reasons.get(key);
    if (same) same.push(each);
    else reasons.set(key, [each]);
  }
  return reasons.values();
}

/** The targets with a broken promise, grouped by their weakest part: one cause is one finding. */
function brokenByWeakestPart(availability: readonly PredictedAvailability[]): ReadonlyMap<Part, readonly Target[]> {
  const byPath = new Map<string, readonly [Part, Target[]]>();
  for (const { subject, path, promised, predicted, verdict } of availability) {
    if (verdict !== "broken" || predicted.kind !== "known") continue;
    const weakest = weakestOf(predicted.parts);
    if (!weakest) continue;
    const target = { subject, path, promised, predicted };
    const group = byPath.get(weakest.path);
    if (group) group[1].push(target);
    else byPath.set(weakest.path, [weakest, [target]]);
  }
  return new Map(byPath.values());
}

interface Target {
  readonly subject: string;
  /** Where the objective is declared. */
  readonly path: Path;
  readonly promised: number;
  readonly predicted: Extract<AvailabilityPrediction, { readonly kind: "known" }>;
}

/** The availabilities that are kept in place of those that are not: of targets that share an objective, the lowest. */
function keptAvailabilities(targets: readonly Target[]): readonly Edit[] {
  const values = new Map<Path, number>();
  for (const { path, predicted } of targets)
    values.set(path, Math.min(predicted.value, values.get(path) ?? Number.POSITIVE_INFINITY));
  return [...values].map(([path, value]) => sloEdit("availability", path, roundedDown(value)));
}

/** To hundredths of a percent, as it is promised. */
function roundedDown(availability: number): number {
  return Math.floor(availability * 1e4) / 1e4;
}

/** By availability, then by name, independent of the order of the file. */
function lowestFirst(a: Target, b: Target): number {
  return a.predicted.value - b.predicted.value || (a.subject < b.subject ? -1 : 1);
}

function product(parts: readonly Part[]): string {
  return parts
    .map(({ name, path, value, replicas }) => {
      const count = replicas < 2 ? "" : path === "cloud" ? ` of ${replicas} zones` : ` ×${replicas}`;
      return `${name}${count} ${formatPercent(value)}`;
    })
    .join(" · ");
}

function advice(
  context: CheckContext,
  weakest: Part,
  { promised, predicted }: { readonly promised: number; readonly predicted: number },
): string {
  const lowerPromise = `promise ${sloText("availability", roundedDown(predicted))}`;
  if (weakest.path === "cloud") {
    return `more replicas do not make the site more available: spread over zones, or ${lowerPromise}`;
  }
  const store = context.store(weakest.name);
  if (store && isBucket(store) && store.provider.kind !== "managed") {
    return `use a cloud's bucket for ${store.name} (\`provide: managed\`): one server serves it now; or ${lowerPromise}`;
  }
  if (store?.provider.kind === "managed" && (isBucket(store) || failsOver(store))) {
    return `the SLA of ${store.provider.product} is no higher, even with a standby: call ${store.name} on fewer paths, or ${lowerPromise}`;
  }
  const sufficient = predicted / weakest.value >= promised ? "which is sufficient" : "then the next weakest component";
  const how = store ? "with a standby in another zone" : "with two replicas on different nodes";
  return `make ${weakest.name} redundant ${how}, ${sufficient}; or ${lowerPromise}`;
}

/** The least available part; of equally available parts the site, because no other remedy helps while it is one. */
function weakestOf(parts: readonly Part[]): Part | undefined {
  const rank = ({ path, name }: Part): string => (path === "cloud" ? "" : name);
  return [...parts].sort((a, b) => a.value - b.value || (rank(a) < rank(b) ? -1 : 1))[0];
}
