import { z } from "zod";
import { isUsageEvent, type UsageEvent, usageEvent } from "../../contracts/usage.js";

/** Characters of a reason that are stored with a rejected value. */
const MAX_REASON_LENGTH = 1_000;

export interface ParsedEvents {
  readonly events: readonly UsageEvent[];
  /** Values that are not usage events, as JSON text, with the reason. */
  readonly rejected: readonly { readonly event: string; readonly reason: string }[];
}

/** Parses received values and separates valid usage events from invalid values. */
export function parseEvents(values: readonly unknown[]): ParsedEvents {
  const events: UsageEvent[] = [];
  const rejected: { event: string; reason: string }[] = [];
  for (const value of values) {
    if (isUsageEvent(value)) {
      events.push(value);
      continue;
    }
    const parsed = usageEvent.safeParse(value);
    if (parsed.success) events.push(parsed.data);
    else
      rejected.push({
        event: JSON.stringify(value) ?? String(value),
        reason: z.prettifyError(parsed.error).slice(0, MAX_REASON_LENGTH),
      });
  }
  return { events, rejected };
}
