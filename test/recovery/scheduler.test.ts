import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { nextBackup } from "../../src/recovery/backup/schedule.js";
import { startScheduler } from "../../src/recovery/backup/scheduler.js";

const HOUR = 3_600_000;

beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2025, 10, 21, 8) }));
afterEach(() => void vi.useRealTimers());

test("an unavailable repository is reported and retried", async () => {
  let unavailable = true;
  const failures: string[] = [];
  const done: number[] = [];
  const scheduler = startScheduler({
    what: "backup",
    async due() {
      if (unavailable) throw new Error("the bucket is unavailable");
      return (done.at(-1) ?? Date.now() - HOUR) + HOUR;
    },
    async work() {
      done.push(Date.now());
    },
    onFailure: (reason) => failures.push(reason),
  });
  await scheduler.reconsider();
  expect(failures).toEqual(["the bucket is unavailable"]);
  expect(scheduler.failing()).toMatchObject({ what: "backup", reason: "the bucket is unavailable" });

  await vi.advanceTimersByTimeAsync(60_000);
  expect(failures.length).toBeGreaterThan(1);
  expect(done).toEqual([]);
  unavailable = false;
  await vi.advanceTimersByTimeAsync(10 * 60_000);
  expect(done).toHaveLength(1);
  expect(scheduler.failing()).toBeUndefined();
  scheduler.stop();
});

test("a backup that was taken meanwhile is not taken again", async () => {
  let due = Date.now() + 60_000;
  let copies = 0;
  const scheduler = startScheduler({
    what: "backup",
    due: async () => due,
    async work() {
      copies += 1;
      due = Date.now() + HOUR;
    },
    onFailure: () => undefined,
  });
  await scheduler.reconsider();
  due = Date.now() + HOUR;
  await vi.advanceTimersByTimeAsync(10 * 60_000);
  expect(copies).toBe(0);
  await vi.advanceTimersByTimeAsync(HOUR);
  expect(copies).toBe(1);
  scheduler.stop();
});

describe("a schedule keeps to the clock of the machine", () => {
  /** Backups every hour; the clock moves without the timers, as on a suspended machine or when it is set. */
  async function hourly() {
    const done: number[] = [];
    const scheduler = startScheduler({
      what: "backup",
      due: async () => nextBackup({ every: HOUR, at: undefined }, done.at(-1) ?? START, Date.now()),
      work: async () => void done.push(Date.now()),
      onFailure: () => undefined,
    });
    await scheduler.reconsider();
    return { done, scheduler };
  }
  const START = Date.UTC(2025, 10, 21, 8);

  test("that was suspended over the time: the backup is taken within a minute", async () => {
    const { done, scheduler } = await hourly();
    vi.setSystemTime(START + 8 * HOUR);
    await vi.advanceTimersByTimeAsync(61_000);
    expect(done).toHaveLength(1);
    scheduler.stop();
  });

  test("that is set back by years after a backup: the next backup does not wait for them", async () => {
    vi.setSystemTime(START + 20_000 * HOUR);
    const { done, scheduler } = await hourly();
    await vi.advanceTimersByTimeAsync(61_000);
    expect(done).toHaveLength(1);
    vi.setSystemTime(START);
    await vi.advanceTimersByTimeAsync(2 * 61_000);
    expect(done).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(HOUR);
    expect(done).toHaveLength(3);
    scheduler.stop();
  });
});
