import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import type { UsageEvent } from "../../src/contracts/usage.js";
import { runningPlatform } from "../support/accounts/running.js";
import { event } from "../support/usage/events.js";

const given = runningPlatform();

beforeEach(async () => {
  await given.superuser.query("truncate usage_events, usage_hours, usage_days, usage_rejected");
});

const record = (...events: unknown[]): Promise<void> => given.platform.usage.record(events as UsageEvent[]);
const totals = async (query = "") => {
  const { status, body } = await given.platform.call("GET", `/admin/usage?by=${query}`, { key: given.platform.token });
  expect(status).toBe(200);
  return body.totals;
};

describe("the ledger", () => {
  test("counts an event once, however often it is sent and in any batch", async () => {
    const first = event();
    await record(first);
    await record(first, event(), first);
    await Promise.all([record(first), record(first), record(first, event())]);
    expect(await totals()).toEqual({ requests: 3, inputTokens: 30, outputTokens: 60, errors: 0, estimated: 0 });
  });

  test("replaces an estimate by a settled event, never the reverse", async () => {
    const estimate = event({ outputTokens: 5, estimated: true });
    const settled = { ...estimate, outputTokens: 50, estimated: false };
    await record(estimate);
    expect(await totals()).toMatchObject({ requests: 1, outputTokens: 5, estimated: 1 });
    await record(settled);
    expect(await totals()).toMatchObject({ requests: 1, outputTokens: 50, estimated: 0 });
    await record(estimate);
    await record({ ...settled, outputTokens: 99 });
    expect(await totals()).toMatchObject({ requests: 1, outputTokens: 50, estimated: 0 });
  });

  test("prefers the settled event if both are in one batch, in either order", async () => {
    const a = event({ outputTokens: 1, estimated: true });
    const b = event({ outputTokens: 1, estimated: true });
    await record(a, { ...a, outputTokens: 7, estimated: false }, { ...b, outputTokens: 7, estimated: false }, b);
    expect(await totals()).toMatchObject({ requests: 2, outputTokens: 14, estimated: 0 });
  });

  test("separates equal ids of different organisations", async () => {
    await record(event({ id: "same", organisation: "one" }), event({ id: "same", organisation: "two" }));
    expect(await totals()).toMatchObject({ requests: 2 });
  });

  test("counts late events in the hour in which they occurred", async () => {
    await record(event({ at: Date.parse("2026-05-04T13:59:59.999Z") }));
    await record(event({ at: Date.parse("2026-05-04T14:00:00Z") }));
    await record(event({ at: Date.parse("2026-04-01T00:00:00Z") }));
    const { body } = await given.platform.call("GET", "/admin/usage?by=hour", { key: given.platform.token });
    expect(body.rows.map((row: { hour: string }) => row.hour)).toEqual([
      "2026-04-01T00:00:00.000Z",
      "2026-05-04T13:00:00.000Z",
      "2026-05-04T14:00:00.000Z",
    ]);
  });

  test("counts a failed response as an error, but not a disconnected client", async () => {
    await record(event({ status: 200 }), event({ status: 429 }), event({ status: 502 }), event({ status: 499 }));
    expect(await totals()).toMatchObject({ requests: 4, errors: 2 });
  });

  test("stores invalid events separately with the reason, and records the others", async () => {
    await record(
      event(),
      event({ inputTokens: -1 }),
      event({ model: "a\0b" }),
      null,
      "text",
      event({ at: Number.NaN }),
      event(),
    );
    expect(await totals()).toMatchObject({ requests: 2 });
    const { rows } = await given.superuser.query("select reason, event from usage_rejected order by id");
    expect(rows).toHaveLength(5);
    expect(rows[0].reason).toContain("inputTokens");
    expect(JSON.parse(rows[1].event).model).toBe("a\0b");
  });

  test("has exact sums also when rows are changed or deleted manually", async () => {
    await record(event({ id: "x" }), event({ id: "y" }), event({ id: "z" }));
    await given.superuser.query("update usage_events set output_tokens = 100 where id = 'x'");
    await given.superuser.query("update usage_events set at = at + interval '1 hour' where id = 'y'");
    await given.superuser.query("delete from usage_events where id = 'z'");
    expect(await totals()).toMatchObject({ requests: 2, outputTokens: 120 });
    await expectSumsToEqualLedger();
  });
});

/** Compares the hourly and the daily sums with the ledger itself, row by row. */
async function expectSumsToEqualLedger(): Promise<void> {
  const figures = `count(*) as requests, sum(input_tokens) as input_tokens, sum(output_tokens) as output_tokens,
    count(*) filter (where status >= 400 and status <> 499) as errors, count(*) filter (where estimated) as estimated`;
  const days = await given.superuser.query(
    `select organisation, date_trunc('day', at, 'UTC') as day, model, ${figures} from usage_events group by 1, 2, 3
     order by 1, 2, 3`,
  );
  const storedDays = await given.superuser.query("select * from usage_days where requests <> 0 order by 1, 2, 3");
  expect(storedDays.rows).toEqual(days.rows);
  const derived = await given.superuser.query(
    `select organisation, date_trunc('hour', at, 'UTC') as hour, key_id, model, ${figures} from usage_events
     group by 1, 2, 3, 4 order by 1, 2, 3, 4`,
  );
  const stored = await given.superuser.query(
    `select organisation, hour, key_id, model, requests, input_tokens, output_tokens, errors, estimated
     from usage_hours where requests <> 0 order by 1, 2, 3, 4`,
  );
  expect(stored.rows).toEqual(derived.rows);
}

const someEvent: fc.Arbitrary<UsageEvent> = fc.record({
  // Few ids, keys and hours, so that events collide often.
  id: fc.integer({ min: 0, max: 30 }).map((number) => `id-${number}`),
  at: fc.integer({ min: Date.parse("2026-05-04T10:00:00Z"), max: Date.parse("2026-05-04T14:30:00Z") }),
  organisation: fc.constantFrom("default", "acme"),
  keyId: fc.constantFrom("key_a", "key_b"),
  model: fc.constantFrom("small", "large"),
  operation: fc.constantFrom("chat", "completion", "embedding"),
  inputTokens: fc.nat(1000),
  outputTokens: fc.nat(1000),
  status: fc.constantFrom(200, 400, 499, 503),
  durationMs: fc.double({ min: 0, max: 1e6, noNaN: true }),
  estimated: fc.boolean(),
  firstTokenMs: fc.option(fc.double({ min: 0, max: 1e6, noNaN: true })),
});

describe("the hourly sums", () => {
  test("equal the ledger after concurrent batches in any order, with repeated, replaced and late events", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(someEvent, { maxLength: 25 }), { minLength: 1, maxLength: 8 }),
        async (batches) => {
          await given.superuser.query("truncate usage_events, usage_hours, usage_days");
          await Promise.all(batches.map((batch) => record(...batch)));
          await expectSumsToEqualLedger();
          const ids = new Set(batches.flat().map(({ organisation, id }) => `${organisation} ${id}`));
          expect((await totals()).requests).toBe(ids.size);
          const settled = new Set(
            batches
              .flat()
              .filter(({ estimated }) => !estimated)
              .map(({ organisation, id }) => `${organisation} ${id}`),
          );
          expect((await totals()).estimated).toBe(ids.size - settled.size);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("yield exact figures for any range and any dimensions", async () => {
    // Two days, so that ranges contain whole days, whole hours and parts of hours.
    const [first, last] = [Date.parse("2026-05-03T21:00:00Z"), Date.parse("2026-05-05T02:00:00Z")];
    const moment = fc.option(fc.integer({ min: first - 3_600_000, max: last + 3_600_000 }), { nil: undefined });
    await given.superuser.query("truncate usage_events, usage_hours, usage_days");
    const spread = fc
      .tuple(someEvent, fc.integer({ min: first, max: last }), fc.uuid())
      .map(([each, at, id]) => ({ ...each, at, id }));
    const events = fc.sample(fc.array(spread, { minLength: 60, maxLength: 80 }), { numRuns: 1, seed: 7 })[0] ?? [];
    expect(events.length).toBeGreaterThan(50);
    await record(...events);
    const unit = fc.constantFrom(undefined, "hour" as const, "day" as const);
    const groups = fc.subarray(["organisation", "key", "model"] as const);
    await fc.assert(
      fc.asyncProperty(moment, moment, unit, groups, async (a, b, time, chosen) => {
        const [from, to] = a !== undefined && b !== undefined && a > b ? [b, a] : [a, b];
        fc.pre(from === undefined || to === undefined || from < to);
        const by = [...(time === undefined ? [] : [time]), ...chosen];
        const query = new URLSearchParams({ by: by.join(",") });
        if (from !== undefined) query.set("from", new Date(from).toISOString());
        if (to !== undefined) query.set("to", new Date(to).toISOString());
        const { body } = await given.platform.call("GET", `/admin/usage?${query}`, { key: given.platform.token });
        const inside = events.filter(({ at }) => (from === undefined || at >= from) && (to === undefined || at < to));
        const expected = new Map<string, { requests: number; outputTokens: number }>();
        for (const each of inside) {
          const start = (ms: number) => new Date(Math.floor(each.at / ms) * ms).toISOString();
          const names = {
            hour: start(3_600_000),
            day: start(86_400_000),
            organisation: each.organisation,
            key: each.keyId,
            model: each.model,
          };
          const group = JSON.stringify(by.map((dimension) => names[dimension]));
          const sum = expected.get(group) ?? { requests: 0, outputTokens: 0 };
          expected.set(group, { requests: sum.requests + 1, outputTokens: sum.outputTokens + each.outputTokens });
        }
        if (by.length === 0 && inside.length === 0) expected.set("[]", { requests: 0, outputTokens: 0 });
        const answered = new Map(
          body.rows.map((row: Record<string, unknown>) => [
            JSON.stringify(by.map((dimension) => row[dimension])),
            { requests: row["requests"], outputTokens: row["outputTokens"] },
          ]),
        );
        expect(answered).toEqual(expected);
        expect(body.totals.requests).toBe(inside.length);
      }),
      { numRuns: 100 },
    );
  });
});
