import { z } from "zod";
import { operations, type UsageEvent } from "./client.js";

const longestText = 400;
/** The end of year 9999, in epoch milliseconds. */
const latest = 253_402_300_799_999;

/** PostgreSQL knows no NUL, and no half of a surrogate pair. */
const unkept = /[\0\p{Surrogate}]/u;

/** A name that PostgreSQL can keep. */
const text = z
  .string()
  .min(1)
  .max(longestText)
  .refine((value) => !value.includes("\0"), "holds a NUL")
  .transform((value) => value.replace(/\p{Surrogate}/gu, "\ufffd"));
const count = z.int().min(0);

/** An event as the ledger takes it. */
export const usageEvent: z.ZodType<UsageEvent> = z.object({
  id: text,
  at: z.number().min(0).max(latest),
  organisation: text,
  keyId: text,
  model: text,
  operation: z.enum(operations),
  inputTokens: count,
  outputTokens: count,
  status: z.int().min(100).max(599),
  durationMs: z.number().min(0),
  estimated: z.boolean(),
});

/**
 * Whether the schema takes the value as it is. By hand, because every answered request comes by here, and the schema takes
 * ten times as long; it is asked about the others: what is to be mended in them, or why they are none.
 */
export function isUsageEvent(value: unknown): value is UsageEvent {
  if (typeof value !== "object" || value === null) return false;
  const event: Partial<Record<keyof UsageEvent, unknown>> = value;
  return (
    isText(event.id) &&
    isNumber(event.at) &&
    event.at <= latest &&
    isText(event.organisation) &&
    isText(event.keyId) &&
    isText(event.model) &&
    operations.some((operation) => operation === event.operation) &&
    isCount(event.inputTokens) &&
    isCount(event.outputTokens) &&
    isCount(event.status) &&
    event.status >= 100 &&
    event.status <= 599 &&
    isNumber(event.durationMs) &&
    typeof event.estimated === "boolean"
  );
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= longestText && !unkept.test(value);
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value < Number.POSITIVE_INFINITY;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && isNumber(value);
}

export interface Sorted {
  readonly events: readonly UsageEvent[];
  /** What is no event, as text, with the reason. */
  readonly rejected: readonly { readonly event: string; readonly reason: string }[];
}

/** Tells events from what is none. */
export function sortEvents(values: readonly unknown[]): Sorted {
  const events: UsageEvent[] = [];
  const rejected: { event: string; reason: string }[] = [];
  for (const value of values) {
    if (isUsageEvent(value)) {
      events.push(value);
      continue;
    }
    const parsed = usageEvent.safeParse(value);
    if (parsed.success) events.push(parsed.data);
    else {
      rejected.push({
        event: JSON.stringify(value) ?? String(value),
        reason: z.prettifyError(parsed.error).slice(0, 1000),
      });
    }
  }
  return { events, rejected };
}
