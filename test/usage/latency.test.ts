import { beforeAll, describe, expect, test } from "vitest";
import { runningPlatform } from "../support/accounts/running.js";
import { event } from "../support/usage/events.js";

const given = runningPlatform();
const start = Date.parse("2026-05-04T13:00:00Z");

beforeAll(async () => {
  // 100 answers of 1 to 100 ms in the first minute, one of 5 s in the next, and a refusal that ended at once.
  await given.platform.usage.record([
    ...Array.from({ length: 100 }, (_, index) => event({ model: "small", at: start + index, durationMs: index + 1 })),
    event({ model: "large", at: start + 60_000, durationMs: 5_000 }),
    event({ model: "small", at: start + 60_000, durationMs: 0.1, status: 400 }),
    event({ organisation: "keelson-drills", model: "small", at: start, durationMs: 90_000 }),
  ]);
});

const read = async (query: string) => {
  const path = `/admin/usage/latency?from=2026-05-04T13:00:00Z&to=2026-05-04T14:00:00Z&${query}`;
  return given.platform.call("GET", path, { key: given.platform.token });
};

describe("GET /admin/usage/latency", () => {
  test("has the percentiles of answered requests by minute, and of all of them", async () => {
    const { body } = await read("by=minute");
    expect(body.rows).toHaveLength(2);
    expect(body.rows).toContainEqual({
      ...{ minute: "2026-05-04T13:00:00.000Z", requests: 100, p50Ms: 50, p95Ms: 95, p99Ms: 99 },
    });
    expect(body.totals).toEqual({ requests: 101, p50Ms: 51, p95Ms: 96, p99Ms: 100 });
  });

  test("groups by model, and selects a model", async () => {
    const { body } = await read("by=model");
    expect(body.rows).toEqual([
      { model: "small", requests: 100, p50Ms: 50, p95Ms: 95, p99Ms: 99 },
      { model: "large", requests: 1, p50Ms: 5_000, p95Ms: 5_000, p99Ms: 5_000 },
    ]);
    expect((await read("by=hour&model=large")).body.totals.p50Ms).toBe(5_000);
  });

  test("leaves the load of drills out unless it is requested", async () => {
    expect((await read("by=hour&drills=include")).body.totals).toMatchObject({ requests: 102 });
  });

  test("has no figures where no request was answered", async () => {
    expect((await read("model=none")).body).toEqual({ rows: [], totals: null });
  });
});

describe("what the promise sheet shows of a model", () => {
  test("is its latency, its first tokens, its lengths and its busiest period, without the load of drills", async () => {
    // Pairs of requests, two seconds apart: half of the gaps are 0.
    const start = Date.now() - 200_000;
    const at = (index: number): number => start + Math.floor(index / 2) * 2_000;
    const model = "recent";
    await given.platform.usage.record([
      ...Array.from({ length: 100 }, (_, index) =>
        event({
          model,
          at: at(index),
          durationMs: index + 1,
          inputTokens: index,
          firstTokenMs: index < 50 ? index : null,
        }),
      ),
      // They arrived as well: the queue was full, its deadline passed, the client left.
      ...[429, 503, 499].map((status, index) => event({ model, at: at(100 + index), durationMs: 1, status })),
      event({ model, at: at(0), status: 400 }),
      event({ model, at: at(0), inputTokens: 99_999, durationMs: 50, estimated: true }),
      event({ organisation: "keelson-drills", model, at: at(0), durationMs: 90_000 }),
      // Too few for a rate.
      event({ model: "seldom", at: start }),
    ]);
    const [recent, seldom] = await given.platform.usage.measuredModels();
    expect(recent).toEqual({
      model,
      latency: { requests: 101, p50Ms: 50, p95Ms: 95, p99Ms: 99 },
      firstToken: { requests: 50, p50Ms: 24, p95Ms: 47, p99Ms: 49 },
      inputTokens: { average: 49.5, longest: 99 },
      outputTokens: { average: 20, longest: 20 },
      arrivals: {
        requests: 104,
        durationMs: 300_000,
        from: expect.stringMatching(/Z$/),
        // The estimated one is a third request at the first moment.
        variation: expect.closeTo(variationOf([at(0), ...Array.from({ length: 103 }, (_, index) => at(index))]), 6),
      },
    });
    expect(seldom).toMatchObject({ model: "seldom", firstToken: null, arrivals: null });
  });
});

/** The square of the coefficient of variation of the gaps between these moments. */
function variationOf(moments: readonly number[]): number {
  const gaps = moments.slice(1).map((moment, index) => moment - (moments[index] ?? 0));
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  return gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length / mean ** 2;
}
