import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * How long a server that is starting may write nothing to its log before it counts as failed. A replay takes as long as there is
 * WAL; it logs each restored segment, and its progress every 10 s (`log_startup_progress_interval`).
 */
export const SILENT_START_TIMEOUT_MS = 600_000;

const POLL_INTERVAL_MS = 15;

/** A server that is starting, as it can be observed. */
export interface StartingServer {
  /** Whether its process has exited. */
  ended(): boolean;
  /** Whether it accepts connections. */
  ready(): Promise<boolean>;
  /** The size of its log. */
  logBytes(): Promise<number>;
}

/** A monotonic clock: a step of the system's clock must neither end nor prolong the wait. */
export interface WaitClock {
  now(): number;
  sleep(milliseconds: number): Promise<unknown>;
}

const CLOCK: WaitClock = { now: () => performance.now(), sleep };

/** Waits for the start as long as the server makes progress. */
export async function waitForStart(
  server: StartingServer,
  clock: WaitClock = CLOCK,
): Promise<"ready" | "ended" | "silent"> {
  let logged = await server.logBytes();
  for (
    let progress = clock.now();
    clock.now() - progress < SILENT_START_TIMEOUT_MS;
    await clock.sleep(POLL_INTERVAL_MS)
  ) {
    const size = await server.logBytes();
    if (size !== logged) progress = clock.now();
    logged = size;
    if (server.ended()) return "ended";
    if (await server.ready()) return "ready";
  }
  return "silent";
}
