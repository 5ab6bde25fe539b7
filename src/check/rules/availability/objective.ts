import type { Part, PredictedAvailability } from "../../../promises/availability.js";
import { defineRule } from "../../rule.js";

/** What is called in a row multiplies, and comes out below what is promised. */
export const objective = defineRule({
  code: "availability/objective",
  severity: "error",
  summary: "the parts that a request needs are together less available than promised",
  help: "A request needs everything on its way at once, so availabilities in series multiply: three parts of 99.9 % make 99.7 %. Replicas on different machines multiply their failures instead. The figures are what the clouds guarantee in their SLAs.",
  check(plan, report, sheet) {
    for (const { subject, promised, predicted } of sheet.availability.filter(({ verdict }) => verdict === "broken")) {
      if (predicted.kind !== "known") continue;
      const weakest = [...predicted.parts].sort((a, b) => a.value - b.value)[0];
      const unit = plan.units.find(({ name }) => name === subject);
      if (!weakest || !unit) continue;
      report(weakest.path, {
        why: `a request to ${subject} is answered ${percent(predicted.value)} of the time (${product(predicted.parts)}), but ${percent(promised)} is promised`,
        advice: advice(weakest, { promised, predicted: predicted.value }),
      });
    }
    for (const { subject, promised, predicted } of sheet.availability) {
      if (predicted.kind !== "unknown") continue;
      const unit = plan.units.find(({ name }) => name === subject);
      report(`${unit?.path ?? ""}.objectives.availability`, {
        why: `${subject} promises ${percent(promised)}, but nobody can say whether it holds: ${predicted.why}`,
        advice: "name the cloud, or promise no availability here",
        severity: "warning",
      });
    }
  },
});

function product(parts: PredictedKnown["parts"]): string {
  return parts.map(({ name, value, replicas }) => `${name}${replicas > 1 ? ` ×${replicas}` : ""} ${percent(value)}`).join(" · ");
}

type PredictedKnown = Extract<PredictedAvailability["predicted"], { readonly kind: "known" }>;

function advice(weakest: Part, { promised, predicted }: { readonly promised: number; readonly predicted: number }): string {
  const without = predicted / weakest.value;
  const enough = without >= promised ? "that alone is enough" : "and the next weakest part after it";
  return weakest.name === "site"
    ? "no number of replicas helps against the site itself: spread over zones, or promise less"
    : `make ${weakest.name} redundant (two replicas on different nodes, or a standby): ${enough}; or promise ${percent(Math.floor(predicted * 1e4) / 1e4)}`;
}

/** Enough digits to tell nines apart, rounded down. */
function percent(ratio: number): string {
  return `${(Math.floor(ratio * 1e6 + 1e-6) / 1e4).toFixed(4).replace(/\.?0+$/, "")}%`;
}
