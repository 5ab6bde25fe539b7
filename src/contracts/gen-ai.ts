import type { UsageEvent } from "./usage.js";

/**
 * The schema of OpenTelemetry's conventions for generative AI that spans and metrics follow. They have moved out of the general
 * conventions (semantic-conventions 1.42.0, changelog) into open-telemetry/semantic-conventions-genai, whose README states
 * this address; read 2026-11-30. Its unreleased `gen_ai.token.*` metrics are not part of it.
 */
export const GEN_AI_SCHEMA_URL = "https://opentelemetry.io/schemas/gen-ai/1.42.0";

/** Attributes of spans and metrics: semantic-conventions-genai, model/gen-ai/registry.yaml. */
export const GEN_AI_ATTRIBUTES = {
  operation: "gen_ai.operation.name",
  provider: "gen_ai.provider.name",
  requestModel: "gen_ai.request.model",
  requestStream: "gen_ai.request.stream",
  responseModel: "gen_ai.response.model",
  inputTokens: "gen_ai.usage.input_tokens",
  outputTokens: "gen_ai.usage.output_tokens",
  tokenType: "gen_ai.token.type",
} as const;

/** Values of `gen_ai.operation.name` (registry.yaml) by the operation of a usage event. */
export const GEN_AI_OPERATIONS = {
  chat: "chat",
  completion: "text_completion",
  embedding: "embeddings",
} as const satisfies Record<UsageEvent["operation"], string>;

/** The value of `gen_ai.provider.name`: to its clients, the platform is what serves the models, whatever its engines are. */
export const GEN_AI_PROVIDER = "keelson";

/** Metrics with their units in UCUM: semantic-conventions-genai, model/gen-ai/metrics.yaml. */
export const GEN_AI_METRICS = {
  requestDuration: { name: "gen_ai.server.request.duration", unit: "s" },
  timeToFirstToken: { name: "gen_ai.server.time_to_first_token", unit: "s" },
  tokenUsage: { name: "gen_ai.client.token.usage", unit: "{token}" },
} as const;

/**
 * A name as Prometheus spells it: underscores, and for metrics the unit in words; annotations in braces are no units
 * (OpenTelemetry, "Prometheus and OpenMetrics Compatibility").
 */
export function prometheusName(name: string, unit?: string): string {
  return `${name.replaceAll(".", "_")}${unit === "s" ? "_seconds" : ""}`;
}

/** Upper bounds of the buckets of durations, in seconds. */
export const DURATION_BUCKETS_SECONDS: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120,
];

/** The name of a metric in Prometheus: `gen_ai_server_request_duration_seconds`. */
export function prometheusMetric(metric: keyof typeof GEN_AI_METRICS): string {
  const { name, unit } = GEN_AI_METRICS[metric];
  return prometheusName(name, unit);
}
