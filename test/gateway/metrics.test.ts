import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { availabilityIndicator, latencyIndicator } from "../../src/promises/indicators.js";
import { planOf } from "../support/check/findings.js";
import { metric, planWith, startTestGateway } from "../support/gateway/gateway.js";
import { startUpstream } from "../support/gateway/upstream.js";
import { describeWith } from "../support/requirements.js";

describeWith(["promtool"], "the metrics", ({ promtool }) => {
  it("pass Prometheus's own linter, and are correct", async () => {
    const upstream = await startUpstream();
    const gateway = await startTestGateway(planWith(`assistant: { upstreams: "${upstream.url}" }`));
    try {
      const ask = { model: "assistant", messages: [{ role: "user", content: "Hello" }] };
      for (let count = 0; count < 5; count += 1) await (await gateway.post("/v1/chat/completions", ask)).text();
      await (await gateway.post("/v1/chat/completions", { ...ask, model: "missing" })).text();
      const text = await gateway.metrics();
      // Exits with 3 for names that break its rules; the default metrics of Node.js are excluded.
      const ours = text
        .split("\n")
        .filter((line) => /^(# (HELP|TYPE) )?(keelson_|gen_ai_)/.test(line))
        .join("\n");
      execFileSync(promtool, ["check", "metrics"], { input: `${ours}\n`, stdio: ["pipe", "pipe", "pipe"] });
      const labels = {
        gen_ai_request_model: "assistant",
        gen_ai_operation_name: "chat",
        gen_ai_provider_name: "keelson",
      };
      expect(
        metric(text, "keelson_gateway_requests_total", { model: "assistant", operation: "chat", status: "200" }),
      ).toBe(5);
      expect(metric(text, "gen_ai_server_request_duration_seconds_count", labels)).toBe(5);
      expect(metric(text, "gen_ai_server_request_duration_seconds_bucket", { ...labels, le: "+Inf" })).toBe(5);
      expect(metric(text, "gen_ai_client_token_usage_sum", { ...labels, gen_ai_token_type: "input" })).toBe(55);
      expect(metric(text, "gen_ai_client_token_usage_sum", { ...labels, gen_ai_token_type: "output" })).toBe(25);
      expect(metric(text, "keelson_gateway_refused_total", { code: "model_not_found" })).toBe(1);
      for (const selector of selectorsOfIndicators()) expect(selected(text, selector), selector).toBe(true);
    } finally {
      await gateway.stop();
      await upstream.stop();
    }
  });
});

const promising = `platform: shop
services:
  web: { modules: [gateway], expose: true }
objectives: { availability: 99.9%, latency: { p95: 10s } }
observe: { metrics: prometheus }
`;

/** The selectors in the queries that measure the objectives of a gateway. */
function selectorsOfIndicators(): readonly string[] {
  const plan = planOf(promising);
  const [web] = plan.units;
  if (web === undefined) throw new Error("no unit");
  const latencies = [10_000, 11_000].map((within) =>
    latencyIndicator(web, plan, "latency", { percentile: 0.95, within }),
  );
  return [availabilityIndicator(web, plan), ...latencies].flatMap((indicator) => {
    if (indicator.kind === "unmeasured") throw new Error(indicator.why);
    const queries =
      indicator.kind === "requests"
        ? [indicator.good, indicator.total, ...(indicator.more === undefined ? [] : [indicator.more])]
        : [indicator.query];
    return queries.flatMap((query) => query.match(/(keelson|gen_ai)_\w+(\{[^}]*\})?/g) ?? []);
  });
}

/** Whether a series has the name and the labels of the selector. */
function selected(text: string, selector: string): boolean {
  const [name = "", matchers = ""] = selector.split("{");
  const labels = [...matchers.matchAll(/(\w+)(?:=|!~|=~)"/g)].map(([, label = ""]) => label);
  return text
    .split("\n")
    .some(
      (line) =>
        /[{ ]/.test(line[name.length] ?? "") &&
        line.startsWith(name) &&
        labels.every((label) => line.includes(`${label}="`)),
    );
}
