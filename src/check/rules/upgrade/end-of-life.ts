import {
  compareVersions,
  type EndOfLife,
  type EndsOfLife,
  endOfLife,
  KUBERNETES_ENDS,
} from "../../../plan/ends-of-life.js";
import { isBucket, STORES } from "../../../plan/stores/index.js";
import { citedText } from "../../../promises/source-text.js";
import type { Report, Severity } from "../../rule.js";
import { defineRule } from "../../rule.js";

const DAY_MS = 86_400_000;
/** An upgrade is planned in advance: a note this many days before the end. */
const NOTICE_DAYS = 90;

/** Kubernetes gets no more fixes. See docs/checks.md, Upgrades. */
export const kubernetesEndOfLife = defineRule({
  code: "upgrade/kubernetes",
  severity: "warning",
  summary: "the declared version of Kubernetes gets no more fixes, or soon",
  help: "A version is maintained for fourteen months. Afterwards security problems stay open, managed clusters are upgraded by their provider at a time of its choice, and an upgrade must pass through every version in between.",
  check({ plan, today }, report) {
    // One machine has no cluster.
    if (plan.provide === "embedded") return;
    const { kubernetes } = plan.cluster;
    reportEnd(report, today, "cluster.kubernetes", `Kubernetes ${kubernetes}`, KUBERNETES_ENDS, kubernetes);
  },
});

/** The version of a store gets no more fixes. See docs/checks.md, Upgrades. */
export const storeEndOfLife = defineRule({
  code: "upgrade/store",
  severity: "warning",
  summary: "the version of a database or broker gets no more fixes, or soon",
  help: "A store holds the data of the platform, and a version without fixes keeps the bugs that lose it. The upgrade of a database to a new major version needs a migration, so plan it before the end.",
  check({ plan, today }, report) {
    for (const store of plan.stores) {
      if (isBucket(store)) continue;
      const { kind, version, path, name } = store;
      reportEnd(report, today, `${path}.${kind}`, `${name}: ${kind} ${version}`, STORES[kind].endsOfLife, version);
    }
  },
});

/** Reports an end that has passed, or that is near. Without a date nothing is reported: a check has no clock. */
function reportEnd(
  report: Report,
  today: string | undefined,
  path: string,
  what: string,
  known: EndsOfLife,
  version: string,
): void {
  const end = endOfLife(known, version);
  if (today === undefined || end === undefined) return;
  const days = daysUntil(end, today);
  if (days > NOTICE_DAYS) return;
  const maintained = Object.keys(known).filter((each) => daysUntil(known[each], today) > NOTICE_DAYS);
  const newest = maintained.sort(compareVersions).at(-1);
  const severity: Severity = days < 0 ? "warning" : "note";
  report(path, {
    severity,
    why: `${what} ${days < 0 ? "has had no fixes since" : "gets no more fixes after"} ${end.date}${end.orEarlier ? " or earlier" : ""} (${citedText(end)})`,
    advice:
      newest === undefined ? "upgrade to a maintained version" : `upgrade to a maintained version, at best ${newest}`,
    ...(newest === undefined ? {} : { fix: { edits: [{ path, value: newest }], safe: false } }),
  });
}

/** Days from a date until an end; a version without one is maintained for ever, as far as the table knows. */
function daysUntil(end: EndOfLife | undefined, today: string): number {
  return end === undefined ? Number.POSITIVE_INFINITY : Math.round((Date.parse(end.date) - Date.parse(today)) / DAY_MS);
}
