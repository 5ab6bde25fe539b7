import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import {
  GEN_AI_ATTRIBUTES,
  GEN_AI_METRICS,
  GEN_AI_OPERATIONS,
  GEN_AI_SCHEMA_URL,
  prometheusName,
} from "../../src/contracts/gen-ai.js";

const root = fileURLToPath(new URL("../../", import.meta.url));

describe("the names of OpenTelemetry's conventions for generative AI", () => {
  it("are pinned to the schema of their own repository", () => {
    expect(GEN_AI_SCHEMA_URL).toBe("https://opentelemetry.io/schemas/gen-ai/1.42.0");
  });

  it("are the current ones: no name that a release has replaced", () => {
    const names = [...Object.values(GEN_AI_ATTRIBUTES), ...Object.values(GEN_AI_METRICS).map(({ name }) => name)];
    const replaced = [
      "gen_ai.system",
      "gen_ai.prompt",
      "gen_ai.completion",
      "gen_ai.usage.prompt_tokens",
      "gen_ai.usage.completion_tokens",
    ];
    expect(names.filter((name) => replaced.includes(name))).toEqual([]);
    expect(Object.values(GEN_AI_OPERATIONS)).toEqual(["chat", "text_completion", "embeddings"]);
  });

  it("become names of Prometheus with the unit in words, but not an annotation in braces", () => {
    const written = Object.values(GEN_AI_METRICS).map(({ name, unit }) => prometheusName(name, unit));
    expect(written).toEqual([
      "gen_ai_server_request_duration_seconds",
      "gen_ai_server_time_to_first_token_seconds",
      "gen_ai_client_token_usage",
    ]);
  });

  it("are written in one file: all other code reads them from it", () => {
    const others = ["src", "dashboard/src", "bench"]
      .flatMap((folder) =>
        readdirSync(`${root}${folder}`, { recursive: true, encoding: "utf8" }).map((file) => `${folder}/${file}`),
      )
      .filter((file) => /\.tsx?$/.test(file) && file !== "src/contracts/gen-ai.ts")
      .filter((file) => /["'`]gen_ai[._]/.test(readFileSync(`${root}${file}`, "utf8")));
    expect(others).toEqual([]);
  });
});
