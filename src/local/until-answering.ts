import { KeelsonError } from "../errors/keelson-error.js";
import type { Supervisor, SupervisorEvent } from "./supervisor.js";

/** Crashes of one process before the first answer, after which the start is given up. */
const CRASHES_BEFORE_GIVING_UP = 3;

/** Waits for the first answers. Before them a crash is told, not only tried again: the cause is mostly in the set-up. */
export async function untilAnswering(
  supervisor: Supervisor,
  onProgress: (what: string) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const failure = new AbortController();
  const crashes = new Map<string, number>();
  const listen = (event: SupervisorEvent): void => {
    if (event.kind === "starting") onProgress(`starting ${event.process}`);
    if (event.kind === "ready") onProgress(`${event.process} answers`);
    if (event.kind !== "crashed") return;
    const count = (crashes.get(event.process) ?? 0) + 1;
    crashes.set(event.process, count);
    const known = event.exit?.error;
    if (known || count >= CRASHES_BEFORE_GIVING_UP)
      failure.abort(known ?? new KeelsonError("start/failed", `${event.process} ended: ${event.reason}`));
    else onProgress(`${event.process} ended (${event.reason}); starting it again`);
  };
  supervisor.events.on("event", listen);
  try {
    await supervisor.whenReady(signal ? AbortSignal.any([signal, failure.signal]) : failure.signal);
  } finally {
    supervisor.events.off("event", listen);
  }
}
