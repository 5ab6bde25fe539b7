import type { Milliseconds, Probe } from "../../plan/plan.js";

/** What is known of `keelson up`, which restarts the processes of a platform on one machine. */
export const supervisor = {
  /** Processes that died once are started again at once; only those that keep crashing wait. */
  firstBackoff: {
    value: 0,
    why: "keelson up restarts a process at once; only a second crash within 30s makes it wait",
  },
  /** From the start of a process with every module to its first answer. */
  start: {
    value: 10_000,
    why: "a process with every module answers within 5s of its start on two cores, doubled for a busy machine",
  },
} as const;

/** The supervisor looks every 1 to 5 s and waits for at least three failures, whatever a cluster's probe would do. */
export function supervisedProbe(live: Probe): { readonly every: Milliseconds; readonly failures: number } {
  return { every: Math.max(1_000, Math.min(5_000, live.every)), failures: Math.max(3, live.failures) };
}
