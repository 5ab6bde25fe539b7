import type { Plan } from "../../../plan/plan.js";
import { isBucket } from "../../../plan/stores/index.js";
import type { AvailabilityPrediction, Part, PredictedAvailability } from "../../../promises/availability.js";
import { failsOver } from "../../../promises/subjects.js";
import { percent } from "../../../promises/text.js";
import { defineRule } from "../../rule.js";

/** What is called in a row multiplies, and comes out below what is promised. */
export const objective = defineRule({
  code: "availability/objective",
  severity: "error",
  summary: "the parts that a request needs are together less available than promised",
  help: "A request needs everything on its way at once, so availabilities in series multiply: three parts of 99.9 % make 99.7 %. Replicas on different machines multiply their failures instead. The figures are what the clouds guarantee in their SLAs.",
  check(plan, report, sheet) {
    for (const [weakest, doors] of brokenByPart(sheet.availability)) {
      const [worst, ...others] = [...doors].sort(lowestFirst);
      if (!worst) continue;
      const { subject, promised, predicted } = worst;
      const too =
        others.length === 0
          ? ""
          : ` (and so to ${others
              .map((door) => door.subject)
              .sort()
              .join(" and ")})`;
      report(weakest.path, {
        concerns: doors.map((door) => ({ subject: door.subject, of: "availability" as const })),
        why: `a request to ${subject}${too} is answered ${percent(predicted.value)} of the time (${product(predicted.parts)}), but ${percent(promised)} is promised`,
        advice: advice(plan, weakest, { promised, predicted: predicted.value }),
      });
    }
    for (const [first, ...others] of unknownByReason(sheet.availability)) {
      if (first.predicted.kind !== "unknown") continue;
      const all = [first, ...others];
      const names = all.map(({ subject }) => subject).sort();
      report(first.path, {
        concerns: all.map(({ subject }) => ({ subject, of: "availability" as const })),
        why: `${names.join(" and ")} promise${names.length === 1 ? "s" : ""} ${percent(first.promised)}, but nobody can say whether it holds: ${first.predicted.why}`,
        advice:
          plan.cloud === "none" ? "name the cloud, or promise no availability here" : "promise no availability here",
      });
    }
  },
});

/** What nobody can say, once for each place that promises it and each reason. */
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

/** Elements that answer too rarely, under the weakest part on their way: one cause is one finding. */
function brokenByPart(availability: readonly PredictedAvailability[]): ReadonlyMap<Part, readonly Door[]> {
  const byPath = new Map<string, readonly [Part, readonly Door[]]>();
  for (const { subject, promised, predicted, verdict } of availability) {
    if (verdict !== "broken" || predicted.kind !== "known") continue;
    const weakest = weakestOf(predicted.parts);
    if (!weakest) continue;
    const [part, doors] = byPath.get(weakest.path) ?? [weakest, []];
    byPath.set(weakest.path, [part, [...doors, { subject, promised, predicted }]]);
  }
  return new Map(byPath.values());
}

interface Door {
  readonly subject: string;
  readonly promised: number;
  readonly predicted: Known;
}

type Known = Extract<AvailabilityPrediction, { readonly kind: "known" }>;

/** By number, then by name: the order of the file decides nothing. */
function lowestFirst(a: Door, b: Door): number {
  return a.predicted.value - b.predicted.value || (a.subject < b.subject ? -1 : 1);
}

function product(parts: readonly Part[]): string {
  return parts
    .map(({ name, path, value, replicas }) => {
      const count = replicas < 2 ? "" : path === "cloud" ? ` of ${replicas} zones` : ` ×${replicas}`;
      return `${name}${count} ${percent(value)}`;
    })
    .join(" · ");
}

function advice(
  plan: Plan,
  weakest: Part,
  { promised, predicted }: { readonly promised: number; readonly predicted: number },
): string {
  const instead = `promise ${percent(Math.floor(predicted * 1e4) / 1e4)}`;
  if (weakest.path === "cloud")
    return `no number of replicas helps against the site itself: spread over zones, or ${instead}`;
  const store = plan.stores.find(({ name }) => name === weakest.name);
  if (store && isBucket(store) && store.provider.kind !== "managed") {
    return `let a cloud keep ${store.name} (\`provide: managed\`): one server answers for it; or ${instead}`;
  }
  if (store?.provider.kind === "managed" && (isBucket(store) || failsOver(store))) {
    return `${store.provider.product} guarantees no more, standby and all: call ${store.name} on fewer paths, or ${instead}`;
  }
  const enough = predicted / weakest.value >= promised ? "that alone is enough" : "and the next weakest part after it";
  const how = store ? "with a standby in another zone" : "with two replicas on different nodes";
  return `make ${weakest.name} redundant ${how}, ${enough}; or ${instead}`;
}

/** The least available part; the site before others that are as bad, since nothing helps as long as it stands. */
function weakestOf(parts: readonly Part[]): Part | undefined {
  const rank = ({ path, name }: Part): string => (path === "cloud" ? "" : name);
  return [...parts].sort((a, b) => a.value - b.value || (rank(a) < rank(b) ? -1 : 1))[0];
}
