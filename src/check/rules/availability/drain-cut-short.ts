import { formatDuration } from "../../../platform-file/format.js";
import { defineRule } from "../../rule.js";

const DRAIN_TIME_MS = 30_000;

/** The grace period ends before the drain does. See docs/checks.md, Availability. */
export const drainCutShort = defineRule({
  code: "availability/drain-cut-short",
  severity: "error",
  summary: "a replica is killed before it has finished the requests in flight",
  help: "After SIGTERM a replica waits until it is removed from the endpoints, then finishes the requests in flight. The grace period starts at SIGTERM: if the wait uses it up, every rollout and scale-in aborts streams.",
  check({ plan }, report) {
    for (const { name, path, terminationGrace, drainDelay, objectives, replicas } of plan.units) {
      if (terminationGrace > drainDelay) continue;
      const grace = drainDelay + DRAIN_TIME_MS;
      report(`${path}.grace`, {
        why: `${name} waits ${formatDuration(drainDelay)} before it refuses requests, and is killed ${formatDuration(terminationGrace)} after SIGTERM: no time remains for the requests in flight`,
        advice: `set a grace period of ${formatDuration(grace)}`,
        fix: {
          edits: [{ path: `${path}.grace`, value: formatDuration(grace) }],
          // A single replica that hangs is killed only after the grace period, which is part of its RTO.
          safe: objectives.rto === undefined || replicas.min > 1,
        },
      });
    }
  },
});
