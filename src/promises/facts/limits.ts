import type { Model } from "../../plan/plan.js";

/**
 * What a model's `limits` ask for and nobody enforces, in words; undefined where it has none. No gateway counts requests or
 * tokens against them, alone or together with others, so each request that finds a place is answered.
 */
export function unenforcedLimits({ limits }: Model): string | undefined {
  const { requestsPerMinute: requests, tokensPerMinute: tokens } = limits;
  const asked = [
    ...(requests === undefined ? [] : [`${requests} ${requests === 1 ? "request" : "requests"}`]),
    ...(tokens === undefined ? [] : [`${tokens} ${tokens === 1 ? "token" : "tokens"}`]),
  ];
  return asked.length === 0 ? undefined : `nothing enforces its limit of ${asked.join(" and ")} a minute yet`;
}
