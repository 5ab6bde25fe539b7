import { afterEach, expect, test } from "vitest";
import { z } from "zod";
import { drillListSchema, drillResultSchema } from "../../src/contracts/drills.js";
import { callControl, fetchControl } from "../../src/local/control/client.js";
import { type Cleanups, keelson, until, up, workDirectory } from "../support/local/keelson.js";

const cleanups: Cleanups = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

test("a drill has ended only when its result and both reports can be read", async () => {
  const platform = await up(cleanups);
  const control = String(platform.report["control"]);
  const body = { fault: "process-crash", duration: "60s", rate: 5 };
  const { id } = await callControl(control, "/drills", drillResultSchema, { method: "POST", body });
  const acknowledged = async () => (await callControl(control, `/drills/${id}`, drillResultSchema)).acknowledged;
  await until(async () => (await acknowledged()) > 5, 30_000, "the load");
  await callControl(control, `/drills/${id}/cancel`, z.unknown(), { method: "POST" });

  const states = new Set<string>();
  for (const end = Date.now() + 60_000; Date.now() < end && !states.has("cancelled"); ) {
    const { drills } = await callControl(control, "/drills", drillListSchema);
    expect(drills.map((drill) => drill.id)).toEqual([id]);
    for (const { state } of drills) states.add(state);
    // No pause: the report can be read at the same moment.
    if (states.has("cancelled")) {
      expect(await fetchControl(control, `/drills/${id}/report.md`)).toContain("process-crash");
      expect(await fetchControl(control, `/drills/${id}/report.html`)).toContain("<html");
    }
  }
  expect([...states]).toEqual(["running", "cancelled"]);
  const cancelled = await callControl(control, `/drills/${id}`, drillResultSchema);
  expect(cancelled).toMatchObject({ reason: "the drill was cancelled" });
  expect(cancelled.acknowledged).toBeGreaterThan(5);
}, 120_000);

test.each([
  ["--rate", "0"],
  ["--rate", "many"],
  ["--rate", "501"],
  ["--duration", "soon"],
])("an invalid value of a drill's %s is rejected before anything starts: %s", async (option, value) => {
  const { code, err } = await keelson(workDirectory(cleanups), ["drill", "process-crash", option, value]);
  expect(code).toBe(2);
  expect(err).toMatch(new RegExp(`^error usage invalid value '${value}' for ${option}: `));
});
