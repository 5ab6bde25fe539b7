import { KeelsonError } from "../errors/keelson-error.js";
import type { Supervisor, SupervisorEvent } from "./supervisor.js";

/** Crashes of one process before it is ready, after which the start fails. */
const MAX_START_CRASHES = 3;

/**
 * Waits until every process is ready. A process that reports an error when it exits fails the start at once, since the cause
 * is mostly in the configuration; other crashes do after `MAX_START_CRASHES`. Throws that error, `start/failed`, or the reason of `signal`.
 */
export async function waitUntilReady(
  supervisor: Pick<Supervisor, "events" | "whenReady">,
  onProgress: (what: string) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const failure = new AbortController();
  const crashes = new Map<string, number>();
  const listen = (event: SupervisorEvent): void => {
    if (event.kind === "starting") onProgress(`starting ${event.process}`);
    if (event.kind === "ready") onProgress(`${event.process} is ready`);
    if (event.kind !== "crashed") return;
    const count = (crashes.get(event.process) ?? 0) + 1;
    crashes.set(event.process, count);
    const error = event.exit?.error;
    if (error || count >= MAX_START_CRASHES)
      failure.abort(error ?? new KeelsonError("start/failed", `${event.process} exited: ${event.reason}`));
    else onProgress(`${event.process} exited (${event.reason}); restarting`);
  };
  supervisor.events.on("event", listen);
  try {
    await supervisor.whenReady(signal ? AbortSignal.any([signal, failure.signal]) : failure.signal);
  } finally {
    supervisor.events.off("event", listen);
  }
}
