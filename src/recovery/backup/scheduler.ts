import { messageOf } from "../../errors/thrown.js";
/** Work that is due at times that only the caller can tell, tried again with growing patience when it fails. */
export interface Scheduler {
  /** When it is due next, epoch milliseconds. */
  next(): number | undefined;
  failing(): { readonly what: string; readonly since: number; readonly reason: string } | undefined;
  /** Something has changed: asks anew when it is due, and forgets earlier failures. */
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

const FIRST_RETRY = 30_000;
const LONGEST_RETRY = 60 * 60_000;
/** Right at a start the work would compete with the first requests. */
const SETTLE = 3_000;
/** A timer holds no more than 24 days; waking up once a day costs nothing. */
const LONGEST_SLEEP = 24 * 60 * 60_000;

export function startScheduler({ what, due, work, onFailure }: SchedulerOptions): Scheduler {
  let timer: NodeJS.Timeout | undefined;
  let next: number | undefined;
  let failing: ReturnType<Scheduler["failing"]>;
  let retry = FIRST_RETRY;
  let stopped = false;
  let round = 0;

  function sleepUntil(at: number): void {
    next = at;
    clearTimeout(timer);
    timer = setTimeout(() => void wake(), Math.min(Math.max(0, at - Date.now()), LONGEST_SLEEP));
  }

  async function reconsider(): Promise<void> {
    round += 1;
    const mine = round;
    clearTimeout(timer);
    failing = undefined;
    retry = FIRST_RETRY;
    try {
      const at = await due();
      // Another change has come in between, and asks for itself.
      if (stopped || mine !== round) return;
      next = at;
      if (at !== undefined) sleepUntil(Math.max(at, Date.now() + SETTLE));
    } catch (error) {
      tryLater(error, mine);
    }
  }

  async function wake(): Promise<void> {
    if (stopped || next === undefined) return;
    if (next > Date.now() + 1000) return sleepUntil(next);
    const mine = round;
    try {
      // Asked again: what is due may have been done by hand, or was never told.
      const at = await due();
      if (at !== undefined && at <= Date.now() + 1000) await work();
      if (mine === round) await reconsider();
    } catch (error) {
      tryLater(error, mine);
    }
  }

  function tryLater(error: unknown, mine: number): void {
    // Whoever interrupted it has made its own arrangements.
    if (stopped || mine !== round) return;
    const reason = messageOf(error);
    failing = { what, since: failing?.since ?? Date.now(), reason };
    onFailure(reason);
    sleepUntil(Date.now() + retry);
    retry = Math.min(LONGEST_RETRY, retry * 2);
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
