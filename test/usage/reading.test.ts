import { beforeAll, describe, expect, test } from "vitest";
import { runningPlatform } from "../support/accounts/running.js";
import { event } from "../support/usage/events.js";

const given = runningPlatform();
const keys: Record<string, string> = {};

beforeAll(async () => {
  for (const organisation of ["red", "blue"]) {
    await given.platform.call("POST", "/admin/organisations", {
      key: given.platform.token,
      body: { id: organisation },
    });
    const body = { name: "reader", scopes: ["usage"], organisation };
    keys[organisation] = (
      await given.platform.call("POST", "/admin/keys", { key: given.platform.token, body })
    ).body.key;
  }
  const at = Date.parse("2026-05-04T13:20:00Z");
  await given.platform.usage.record([
    event({ organisation: "red", model: "small", at }),
    event({ organisation: "red", model: "large", at: at + 3_600_000, outputTokens: 5, status: 500 }),
    event({ organisation: "red", model: '=HYPERLINK("http://x")', at, inputTokens: 1 }),
    event({ organisation: "blue", model: "small", keyId: "key_b", at, estimated: true }),
  ]);
});

const read = (query: string, key = given.platform.token) =>
  given.platform.call("GET", `/admin/usage?${query}`, { key });

describe("GET /admin/usage", () => {
  test("groups by the requested dimensions in their order, with totals", async () => {
    const { body } = await read("by=organisation,model");
    const figures = { errors: 0, estimated: 0, requests: 1, inputTokens: 10, outputTokens: 20 };
    expect(body.rows).toEqual([
      { organisation: "blue", model: "small", ...figures, estimated: 1 },
      { organisation: "red", model: '=HYPERLINK("http://x")', ...figures, inputTokens: 1 },
      { organisation: "red", model: "large", ...figures, outputTokens: 5, errors: 1 },
      { organisation: "red", model: "small", ...figures },
    ]);
    expect(body.totals).toEqual({ requests: 4, inputTokens: 31, outputTokens: 65, errors: 1, estimated: 1 });
  });

  test("groups by hour by default, and accepts dates as well as times", async () => {
    const hours = async (query: string) =>
      (await read(query)).body.rows.map((row: { hour: string }) => row.hour.slice(0, 13));
    expect(await hours("")).toEqual(["2026-05-04T13", "2026-05-04T14"]);
    expect(await hours("from=2026-05-04&to=2026-05-05")).toEqual(["2026-05-04T13", "2026-05-04T14"]);
    expect(await hours("from=2026-05-04T16:00:00%2B02:00")).toEqual(["2026-05-04T14"]);
    expect(await hours("to=2026-05-04T13:20:00Z")).toEqual([]);
  });

  test("leaves the load of drills out unless it is requested", async () => {
    await given.platform.usage.record([
      event({ organisation: "keelson-drills", model: "drilled", at: Date.parse("2026-05-04T13:20:00Z") }),
    ]);
    const requests = async (query: string) => (await read(query)).body.totals.requests;
    expect(await requests("by=&model=drilled")).toBe(0);
    expect(await requests("by=hour&model=drilled&from=2026-05-04T13:10:00Z")).toBe(0);
    expect(await requests("by=&model=drilled&drills=include")).toBe(1);
    expect(await requests("by=&model=drilled&organisation=keelson-drills")).toBe(1);
  });

  test("rejects an unknown dimension and lists the available ones", async () => {
    const { status, body } = await read("by=hour,zz");
    expect(status).toBe(400);
    expect(body.error.message).toMatch(/^by must be one of "minute", "hour", .*, but "hour,zz" was given/);
  });

  test("groups by day and by minute in UTC, and refuses minutes of a long range and two units of time", async () => {
    expect((await read("by=day&organisation=red")).body.rows).toMatchObject([
      { day: "2026-05-04T00:00:00.000Z", requests: 3 },
    ]);
    const minutes = await read("by=minute&organisation=red&from=2026-05-04T13:00:00Z&to=2026-05-04T15:00:00Z");
    expect(minutes.body.rows).toMatchObject([
      { minute: "2026-05-04T13:20:00.000Z", requests: 2 },
      { minute: "2026-05-04T14:20:00.000Z", requests: 1 },
    ]);
    for (const query of ["by=minute", "by=minute&from=2026-05-04&to=2026-05-05", "by=hour,day"])
      expect((await read(query)).status, query).toBe(400);
  });

  test("ranks groups over the whole range, and combines those below the top", async () => {
    const { body } = await read("by=hour,model&organisation=red&top=1&rank=tokens");
    const figures = { errors: 0, estimated: 0, requests: 1, inputTokens: 10, outputTokens: 20 };
    expect(body.rows).toEqual([
      { hour: "2026-05-04T13:00:00.000Z", model: "small", ...figures },
      { hour: "2026-05-04T13:00:00.000Z", others: 2, ...figures, inputTokens: 1 },
      { hour: "2026-05-04T14:00:00.000Z", others: 2, ...figures, outputTokens: 5, errors: 1 },
    ]);
    expect(body.totals).toEqual((await read("by=&organisation=red")).body.totals);
    expect((await read("by=model&organisation=red&top=1&rank=errors")).body.rows).toMatchObject([
      { model: "large", errors: 1 },
      { others: 2, errors: 0 },
    ]);
    expect((await read("by=model&organisation=red&top=3")).body.rows).toHaveLength(3);
    for (const query of ["by=hour&top=3", "by=key,model&top=3", "by=key&top=0"])
      expect((await read(query)).status, query).toBe(400);
  });

  test("names the keys of its rows", async () => {
    const created = await given.platform.call("POST", "/admin/keys", {
      key: given.platform.token,
      body: { name: "=nightly", organisation: "red" },
    });
    const keyId = created.body.id;
    await given.platform.usage.record([event({ organisation: "named", keyId, at: Date.parse("2026-05-06") })]);
    const { body } = await read("by=key&organisation=named");
    expect(body.keyNames).toEqual({ [keyId]: "=nightly" });
    expect((await read("by=key&organisation=blue")).body.keyNames).toEqual({});
    expect((await read("by=model&organisation=named")).body.keyNames).toBeUndefined();
    const csv = await read("by=key&organisation=named&format=csv");
    expect(csv.text.split("\r\n").slice(0, 2)).toEqual([
      "key,keyName,requests,inputTokens,outputTokens,errors,estimated",
      `${keyId},'=nightly,1,10,20,0,0`,
    ]);
  });

  test("filters by model and key", async () => {
    expect((await read("by=&model=small")).body.totals.requests).toBe(2);
    expect((await read("by=&model=small&key=key_b")).body.totals.requests).toBe(1);
    expect((await read("by=&model=none")).body).toEqual({
      rows: [{ requests: 0, inputTokens: 0, outputTokens: 0, errors: 0, estimated: 0 }],
      totals: { requests: 0, inputTokens: 0, outputTokens: 0, errors: 0, estimated: 0 },
    });
  });

  test("shows an organisation its own usage only", async () => {
    expect((await read("by=organisation", keys["blue"])).body.rows).toMatchObject([
      { organisation: "blue", requests: 1 },
    ]);
    expect((await read("by=&key=key_a", keys["blue"])).body.totals.requests).toBe(0);
    expect((await read("organisation=red", keys["blue"])).status).toBe(403);
    expect((await read("organisation=red&by=")).body.totals.requests).toBe(3);
  });

  test("accepts a key with the scope usage, and refuses one with the scope inference", async () => {
    const body = { name: "inference", scopes: ["inference"], organisation: "red" };
    const { body: key } = await given.platform.call("POST", "/admin/keys", { key: given.platform.token, body });
    expect((await read("", keys["red"])).status).toBe(200);
    expect((await read("", key.key)).status).toBe(403);
  });

  test("returns CSV that a spreadsheet opens without running formulas", async () => {
    const answer = await read("by=hour,model&format=csv", keys["red"]);
    expect(answer.headers["content-type"]).toBe("text/csv; charset=utf-8");
    expect(answer.headers["content-disposition"]).toContain("attachment");
    expect(answer.text.split("\r\n")).toEqual([
      "hour,model,requests,inputTokens,outputTokens,errors,estimated",
      `2026-05-04T13:00:00.000Z,"'=HYPERLINK(""http://x"")",1,1,20,0,0`,
      "2026-05-04T13:00:00.000Z,small,1,10,20,0,0",
      "2026-05-04T14:00:00.000Z,large,1,10,5,1,0",
      "",
    ]);
  });

  test("refuses a report that exceeds the row limit instead of truncating it", async () => {
    const { sql } = await import("kysely");
    const { PLATFORM_SCOPE } = await import("../../src/runtime/database/client.js");
    const fill = sql`insert into usage_events (id, organisation, key_id, model, operation, at, input_tokens, output_tokens, status, duration_ms, estimated)
      select n::text, 'many', 'key_' || n, 'm', 'chat', '2026-01-01', 1, 1, 200, 1, false from generate_series(1, 50001) n`;
    await given.platform.database
      .tables<Record<never, never>>()
      .transaction(PLATFORM_SCOPE, (open) => fill.execute(open));
    const refused = await read("by=key&organisation=many");
    expect([refused.status, refused.body.error.code]).toEqual([400, "usage/too-many-rows"]);
    expect((await read("by=hour&organisation=many")).body.totals.requests).toBe(50_001);
    const top = await read("by=day,key&organisation=many&top=2");
    expect(top.body.rows.map((row: Record<string, unknown>) => [row["key"], row["others"], row["requests"]])).toEqual([
      ["key_1", undefined, 1],
      ["key_10", undefined, 1],
      [undefined, 49_999, 49_999],
    ]);
  });
});
