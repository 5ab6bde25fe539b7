import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { promiseSheet } from "../../src/promises/sheet.js";
import { probesOf } from "../../src/recovery/drills/probes.js";
import { planOf } from "../support/plan/planned.js";

const starter = readFileSync(new URL("../../blueprints/starter/platform.yaml", import.meta.url), "utf8");
const plan = planOf(starter, "local");

describe("the probes of a drill", () => {
  it("cover every component of the sheet that chats and writes do not reach", () => {
    const chat = "assistant";
    const probed = probesOf(plan, chat).map(({ subject }) => subject);
    const asked = ["gateway", chat, ...plan.stores.map(({ name }) => name)];
    const subjects = promiseSheet(plan, []).rows.flatMap((row) => (row.fault === "process-crash" ? [row.subject] : []));
    expect([...probed, ...asked].sort()).toEqual([...new Set(subjects)].sort());
  });

  it("send a model the kind of request that it serves, through the gateway", () => {
    const probes = probesOf(plan, "assistant");
    expect(probes.find(({ subject }) => subject === "embedder")).toMatchObject({
      unit: "gateway",
      path: "/v1/embeddings",
      body: { model: "embedder" },
    });
  });
});
