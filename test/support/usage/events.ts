import type { UsageEvent } from "../../../src/contracts/usage.js";

let created = 0;

/** An event with the given fields, and default values for the others. */
export function event(of: Partial<UsageEvent> = {}): UsageEvent {
  created += 1;
  return {
    id: `req-${process.pid}-${created}`,
    at: Date.parse("2026-05-04T13:20:00Z"),
    organisation: "default",
    keyId: "key_a",
    model: "assistant",
    operation: "chat",
    inputTokens: 10,
    outputTokens: 20,
    status: 200,
    durationMs: 15.5,
    estimated: false,
    firstTokenMs: null,
    ...of,
  };
}
