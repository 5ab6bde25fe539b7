import { KeelsonError } from "../../errors/keelson-error.js";

/**
 * The states of the recovery service, which lives as long as the platform. The database server may restart any number of
 * times in between.
 *
 * ```
 *  new ──prepare──▶ starting ──started──▶ running
 *                    │ ▲  ▲                  │
 *               fail │ │  └─────prepare──────┘   the server restarts
 *                    ▼ │ prepare
 *                   failed
 *
 *  any of these ──stop──▶ stopping ──stopped──▶ terminated
 * ```
 *
 * - `new`: nothing runs yet.
 * - `starting`: the data directory is prepared, or the server replays the log.
 * - `running`: the server accepts connections; backups are taken.
 * - `failed`: the data directory could not be prepared. The next start tries again.
 * - `stopping`: running work is cancelled; the log is still archived.
 * - `terminated`: nothing runs any more.
 */
export type ServiceState = "new" | "starting" | "running" | "failed" | "stopping" | "terminated";

export type ServiceEvent = "prepare" | "started" | "fail" | "stop" | "stopped";

const TRANSITIONS: Readonly<Record<ServiceState, Partial<Readonly<Record<ServiceEvent, ServiceState>>>>> = {
  new: { prepare: "starting", stop: "stopping" },
  starting: { prepare: "starting", started: "running", fail: "failed", stop: "stopping" },
  running: { prepare: "starting", started: "running", stop: "stopping" },
  failed: { prepare: "starting", stop: "stopping" },
  // What was in progress when the service was stopped may still report its end.
  stopping: { started: "stopping", fail: "stopping", stop: "stopping", stopped: "terminated" },
  terminated: { started: "terminated", fail: "terminated", stop: "terminated", stopped: "terminated" },
};

/** The state after an event. Throws `platform/stopping` for a start after the service was stopped. */
export function transition(state: ServiceState, event: ServiceEvent): ServiceState {
  const next = TRANSITIONS[state][event];
  if (next !== undefined) return next;
  if (state === "stopping" || state === "terminated")
    throw new KeelsonError("platform/stopping", "the platform is stopping");
  throw new Error(`a recovery service that is ${state} cannot process ${event}`);
}
