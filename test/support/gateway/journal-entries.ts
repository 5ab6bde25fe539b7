import type { UsageEvent } from "../../../src/contracts/usage.js";
import type { Entry, Intent } from "../../../src/runtime/gateway/usage/records.js";
import { UnsettledRequests } from "../../../src/runtime/gateway/usage/recover.js";

export const intent = (id: string): Intent => ({
  id,
  at: 1000,
  organisation: "org",
  keyId: "key",
  model: "assistant",
  operation: "chat",
  inputTokens: 12,
});
export const settled = (id: string, extra: Partial<UsageEvent> = {}): UsageEvent => ({
  ...intent(id),
  inputTokens: 10,
  outputTokens: 20,
  status: 200,
  durationMs: 5,
  estimated: false,
  firstTokenMs: null,
  ...extra,
});

/** The settlements of a journal with these entries. */
export function unsettled(entries: readonly Entry[]): UsageEvent[] {
  const requests = new UnsettledRequests();
  for (const entry of entries) requests.add(entry);
  for (const entry of entries) requests.exclude(entry);
  return requests.settlements();
}
