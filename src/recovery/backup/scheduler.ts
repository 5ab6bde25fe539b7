import { messageOf } from "../../errors/thrown.js";

/** Runs work when it is due, and retries failed work with exponential back-off. */
export interface Scheduler {
  /** When the work is due next, in epoch milliseconds. */
  next(): number | undefined;
  failing(): { readonly what: string; readonly since: number; readonly reason: string } | undefined;
  /** Reads again when the work is due, and resets the back-off. */
  reconsider(): Promise<void>;
  stop(): void;
}

export interface SchedulerOptions {
  readonly what: string;
  /** When the work is due next; undefined: never. */
  due(): Promise<number | undefined>;
  work(): Promise<void>;
  onFailure(reason: string): void;
}

const MIN_RETRY_INTERVAL_MS = 30_000;
const MAX_RETRY_INTERVAL_MS = 60 * 60_000;
/** A larger difference is no adjustment of a synchronised clock. */
const CLOCK_STEP_MS = 60_000;
/** Delay after a start, so that the work does not compete with the first requests. */
const START_DELAY_MS = 3_000;
/** A timer stands still while the machine is suspended, and does not follow a step of the clock: the time is compared this often. */
const MAX_SLEEP_MS = 60_000;

export function startScheduler({ what, due, work, onFailure }: SchedulerOptions): Scheduler {
  let timer: NodeJS.Timeout | undefined;
  let next: number | undefined;
  /** The time until `next` when the timer was set. */
  let remaining = 0;
  let failing: ReturnType<Scheduler["failing"]>;
  let retry = MIN_RETRY_INTERVAL_MS;
  let stopped = false;
  let round = 0;

  function sleepUntil(at: number): void {
    next = at;
    remaining = at - Date.now();
    clearTimeout(timer);
    timer = setTimeout(() => void wake(), Math.min(Math.max(0, at - Date.now()), MAX_SLEEP_MS));
  }

  async function reconsider(): Promise<void> {
    round += 1;
    const mine = round;
    clearTimeout(timer);
    failing = undefined;
    retry = MIN_RETRY_INTERVAL_MS;
    try {
      const at = await due();
      // A later change is processed by its own call.
      if (stopped || mine !== round) return;
      next = at;
      if (at !== undefined) sleepUntil(Math.max(at, Date.now() + START_DELAY_MS));
    } catch (error) {
      retryLater(error, mine);
    }
  }

  async function wake(): Promise<void> {
    if (stopped || next === undefined) return;
    // The clock was set back: the work may be due at another time now.
    if (next - Date.now() > remaining + CLOCK_STEP_MS) return reconsider();
    if (next > Date.now() + 1000) return sleepUntil(next);
    const mine = round;
    try {
      // Read again: the work may have been done manually, or the schedule may have changed.
      const at = await due();
      if (at !== undefined && at <= Date.now() + 1000) await work();
      if (mine === round) await reconsider();
    } catch (error) {
      retryLater(error, mine);
    }
  }

  function retryLater(error: unknown, mine: number): void {
    // A later call has set its own timer.
    if (stopped || mine !== round) return;
    const reason = messageOf(error);
    failing = { what, since: failing?.since ?? Date.now(), reason };
    onFailure(reason);
    sleepUntil(Date.now() + retry);
    retry = Math.min(MAX_RETRY_INTERVAL_MS, retry * 2);
  }

  return {
    next: () => next,
    failing: () => failing,
    reconsider,
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
