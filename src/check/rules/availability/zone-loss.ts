import type { Objectives } from "../../../plan/plan.js";
import { storeTraits } from "../../../plan/stores/index.js";
import { formatDuration } from "../../../platform-file/format.js";
import { formatTerms } from "../../../promises/format.js";
import type { Remedy } from "../../../promises/prediction.js";
import { hasPersistentVolume } from "../../../promises/subjects.js";
import { zones } from "../../../promises/terms/machine.js";
import { brokenPromise } from "../../broken-promise.js";
import type { BrokenPromise, CheckContext } from "../../context.js";
import { firstDeclared } from "../../declared-path.js";
import { redundancy } from "../../redundancy.js";
import { defineRule, type Found } from "../../rule.js";

/** The loss of one availability zone breaks a promise. See docs/checks.md, Availability. */
export const zoneLoss = defineRule({
  code: "availability/zone-loss",
  severity: "error",
  summary: "the loss of an availability zone violates the RTO or RPO",
  help: "Clouds guarantee little for one zone and much for several. Replicas whose spread is only preferred may all run in the zone that fails, volumes belong to one zone, and a database stays available only with a standby in another.",
  check(context, report) {
    const { plan } = context;
    for (const of of ["rto", "rpo"] as const) {
      for (const promise of context.brokenPromises("zone-loss", of)) {
        const { row } = promise;
        if (row.subjectKind === "platform") {
          const found = inTheOnlyZone(context, promise, "everything runs in one zone", plan.objectives);
          report(firstDeclared(plan, "zones", `objectives.${of}`), found);
          continue;
        }
        if (context.isBrokenBySmallerFault(promise)) continue;
        const subject = context.element(row.path);
        if (subject && zones(plan).length < 2) {
          const { objectives } = subject;
          const found = inTheOnlyZone(
            context,
            promise,
            `${row.subject} runs in one zone, like everything else`,
            objectives,
          );
          report(`${objectives.path}.${of}`, found);
          continue;
        }
        reportRemedy(context, promise, report);
      }
    }
  },
});

function reportRemedy(context: CheckContext, promise: BrokenPromise, report: (at: string, found: Found) => void): void {
  const { row } = promise;
  const remedy = remedyFor(context, promise);
  const [edit] = remedy?.edits ?? [];
  const found = brokenPromise(context, promise, {
    event: "after the loss of its zone",
    ...(context.unit(row.subject)
      ? { limit: "no number of replicas recovers sooner" }
      : { otherwise: "use a managed store in several zones (`provide: managed`)" }),
    remedy,
  });
  report(edit?.path ?? row.path, found);
}

/** Not every cloud has zones to spread over: then the promise has to exclude the fault. */
function inTheOnlyZone(
  context: CheckContext,
  promise: BrokenPromise,
  where: string,
  { path, except }: Objectives,
): Found {
  const { of, predicted, promised } = promise;
  const lost =
    of === "rto"
      ? "only the backups remain"
      : predicted.kind === "bounded"
        ? `the writes of ${formatTerms(predicted.total, predicted.terms)} are lost`
        : predicted.why;
  return {
    concerns: context.concerns(promise),
    why: `${of.toUpperCase()} ${formatDuration(promised)} is promised, but ${where}: if it fails, ${lost}`,
    advice: "spread over zones where the cloud has them, or exclude this fault from the promise: `except: [zone-loss]`",
    fix: { edits: [{ path: `${path}.except`, value: [...except, "zone-loss"] }], safe: false },
  };
}

function remedyFor(context: CheckContext, { row, promised }: BrokenPromise): Remedy | undefined {
  if (row.subjectKind === "entrance") return { advice: moreProxies };
  const unit = context.unit(row.subject);
  if (unit) return hasPersistentVolume(unit) ? undefined : redundancy(unit, context.plan, promised, "zone");
  const store = context.store(row.subject);
  const fix = store && storeTraits(store).zoneFix;
  return fix && { advice: fix.advice, edits: [{ path: `${row.path}.${fix.key}`, value: fix.value }] };
}

const moreProxies =
  "install its controller with proxies in several zones, and declare them: `replicas: 2`, `spread: { zones: require }`";
