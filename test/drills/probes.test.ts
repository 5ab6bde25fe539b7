import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { promiseSheet } from "../../src/promises/sheet.js";
import { isAnswer, probesOf } from "../../src/recovery/drills/probes.js";
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

  it.each([
    ["chat", '{"choices":[{"message":{"content":"hi"}}],"usage":{"completion_tokens":1}}', true],
    ["chat", '{"error":{"message":"overloaded"}}', false],
    ["chat", '{"choices":[]}', false],
    ["chat", "", false],
    ["embedding", '{"data":[{"embedding":[0.1]}]}', true],
    ["embedding", '{"object":"list"}', false],
    ["embedding", '{"data":[{"embedding":[]}]}', false],
    ["json", '{"keys":[]}', true],
    ["json", '{"error":{"message":"unavailable"}}', false],
    ["json", "<html></html>", false],
    ["page", "<!doctype html><html lang=en>", true],
    ["page", "", false],
  ] as const)("judge a response by its content: %s %s", (answer, text, correct) => {
    expect(isAnswer(answer, text)).toBe(correct);
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
