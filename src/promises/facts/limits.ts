import type { Model } from "../../plan/plan.js";

/**
 * Why a model's `limits` have no effect; undefined if it declares none. The gateway does not count requests or tokens
 * against them, so every request that fits in the queue is served.
 */
export function unenforcedLimits({ limits }: Model): string | undefined {
  const { requestsPerMinute: requests, tokensPerMinute: tokens } = limits;
  const declared = [
    ...(requests === undefined ? [] : [`${requests} ${requests === 1 ? "request" : "requests"}`]),
    ...(tokens === undefined ? [] : [`${tokens} ${tokens === 1 ? "token" : "tokens"}`]),
  ];
  return declared.length === 0 ? undefined : `the limit of ${declared.join(" and ")} per minute is not enforced yet`;
}
