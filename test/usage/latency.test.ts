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

describe("the latencies that the promise sheet shows", () => {
  test("are those of each model in the last 24 hours, without the load of drills", async () => {
    const at = Date.now() - 60_000;
    await given.platform.usage.record([
      ...Array.from({ length: 100 }, (_, index) => event({ model: "recent", at: at + index, durationMs: index + 1 })),
      event({ organisation: "keelson-drills", model: "recent", at, durationMs: 90_000 }),
    ]);
    expect(await given.platform.usage.latencies()).toEqual([
      { model: "recent", requests: 100, p50Ms: 50, p95Ms: 95, p99Ms: 99 },
    ]);
  });
});
