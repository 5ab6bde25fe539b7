import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { startScheduler } from "../../src/recovery/backup/scheduler.js";

const HOUR = 3_600_000;

beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2025, 10, 21, 8) }));
afterEach(() => void vi.useRealTimers());

test("a place that cannot say when a copy is due stops nobody: it is told, and asked again", async () => {
  let away = true;
  const told: string[] = [];
  const done: number[] = [];
  const scheduler = startScheduler({
    what: "backup",
    async due() {
      if (away) throw new Error("the bucket does not answer");
      return (done.at(-1) ?? Date.now() - HOUR) + HOUR;
    },
    async work() {
      done.push(Date.now());
    },
    onFailure: (reason) => told.push(reason),
  });
  await scheduler.reconsider();
  expect(told).toEqual(["the bucket does not answer"]);
  expect(scheduler.failing()).toMatchObject({ what: "backup", reason: "the bucket does not answer" });

  await vi.advanceTimersByTimeAsync(60_000);
  expect(told.length).toBeGreaterThan(1);
  expect(done).toEqual([]);
  away = false;
  await vi.advanceTimersByTimeAsync(10 * 60_000);
  expect(done).toHaveLength(1);
  expect(scheduler.failing()).toBeUndefined();
  scheduler.stop();
});

test("a copy that was made meanwhile is not made again", async () => {
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
