import { z } from "zod";
import type { UsageEvent } from "./client.js";

/** A name that PostgreSQL can keep: it knows no NUL, and no half of a surrogate pair. */
const text = z
  .string()
  .min(1)
  .max(400)
  .refine((value) => !value.includes("\0"), "holds a NUL")
  .transform((value) => value.replace(/\p{Surrogate}/gu, "\ufffd"));
const count = z.int().min(0);
/** The end of year 9999, in epoch milliseconds. */
const latest = 253_402_300_799_999;

/** An event as the ledger takes it. */
export const usageEvent: z.ZodType<UsageEvent> = z.object({
  id: text,
  at: z.number().min(0).max(latest),
  organisation: text,
  keyId: text,
  model: text,
  operation: z.enum(["chat", "completion", "embedding"]),
  inputTokens: count,
  outputTokens: count,
  status: z.int().min(100).max(599),
  durationMs: z.number().min(0),
  estimated: z.boolean(),
});

export interface Sorted {
  readonly events: readonly UsageEvent[];
  /** What is no event, as text, with the reason. */
  readonly rejected: readonly { readonly event: string; readonly reason: string }[];
}

/** Tells events from what is none, and leaves one of each id: the settled one before an estimate, else the first. */
export function sortEvents(values: readonly unknown[]): Sorted {
  const events = new Map<string, UsageEvent>();
  const rejected: { event: string; reason: string }[] = [];
  for (const value of values) {
    const parsed = usageEvent.safeParse(value);
    if (!parsed.success) {
      rejected.push({
        event: JSON.stringify(value) ?? String(value),
        reason: z.prettifyError(parsed.error).slice(0, 1000),
      });
      continue;
    }
    const event = parsed.data;
    const identity = `${event.organisation}\u0000${event.id}`;
    const known = events.get(identity);
    if (!known || (known.estimated && !event.estimated)) events.set(identity, event);
  }
  return { events: [...events].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, event]) => event), rejected };
}
