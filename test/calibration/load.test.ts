import { once } from "node:events";
import { expect, it } from "vitest";
import { observe } from "../../calibration/load.js";

const HANG_MS = 4_000;

it("waits for the requests that one of two servers does not answer", { timeout: 60_000 }, async () => {
  let calls = 0;
  let hangsUntil = 0;
  const { outcome } = await observe({
    request: async (signal) => {
      calls += 1;
      if (calls % 2 === 0 && Date.now() < hangsUntil) {
        await once(signal, "abort");
        throw signal.reason;
      }
      return undefined;
    },
    inject: () => {
      hangsUntil = Date.now() + HANG_MS;
    },
    limitMs: 30_000,
  });
  expect(outcome.kind).toBe("measured");
  // The last request that the server does not answer is sent shortly before it continues.
  expect(outcome.kind === "measured" ? outcome.ms : 0).toBeGreaterThan(HANG_MS - 1_500);
});
