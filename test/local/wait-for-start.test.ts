import { expect, test } from "vitest";
import { SILENT_START_TIMEOUT_MS, type StartingServer, waitForStart } from "../../src/postgres/wait-for-start.js";

/** Waits with a clock that advances at each poll, and returns the outcome and how long it took. */
async function waitWith(server: (now: () => number) => Partial<StartingServer>): Promise<[string, number]> {
  let time = 0;
  const now = () => time;
  const observed = { ended: () => false, ready: async () => false, logBytes: async () => 0, ...server(now) };
  const outcome = await waitForStart(observed, {
    now,
    sleep: async () => {
      time += 1_000;
    },
  });
  return [outcome, time];
}

const HOUR = 3_600_000;

test("a replay of three hours is waited for while the server logs its progress", async () => {
  const [outcome, took] = await waitWith((now) => ({
    logBytes: async () => Math.floor(now() / (SILENT_START_TIMEOUT_MS - 1_000)),
    ready: async () => now() >= 3 * HOUR,
  }));
  expect([outcome, took]).toEqual(["ready", 3 * HOUR]);
});

test("a server that logs nothing for ten minutes has failed, however long it has made progress before", async () => {
  const [outcome, took] = await waitWith((now) => ({ logBytes: async () => Math.min(2 * HOUR, now()) }));
  expect([outcome, took]).toEqual(["silent", 2 * HOUR + SILENT_START_TIMEOUT_MS]);
});

test("a server that exits is not waited for", async () => {
  expect(await waitWith((now) => ({ ended: () => now() >= 5_000 }))).toEqual(["ended", 5_000]);
});
