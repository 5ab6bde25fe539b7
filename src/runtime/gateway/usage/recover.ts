import type { UsageEvent } from "../../../contracts/usage.js";
import type { Entry, Intent } from "./records.js";

/**
 * The settlements of requests that an earlier process did not settle, from their last checkpoints. Pure. Such a response was
 * interrupted: its status is 500, its input is the estimate of the intent, and it is marked `estimated`.
 */
export function unsettled(entries: Iterable<Entry>): UsageEvent[] {
  const open = new Map<string, { readonly intent: Intent; outputTokens: number; at: number }>();
  const settled = new Set<string>();
  for (const entry of entries) {
    switch (entry.kind) {
      case "intent": {
        // An intent that was copied into a newer file is the same request.
        if (!open.has(entry.intent.id) && !settled.has(entry.intent.id)) {
          open.set(entry.intent.id, { intent: entry.intent, outputTokens: 0, at: entry.intent.at });
        }
        break;
      }
      case "checkpoint": {
        const request = open.get(entry.id);
        if (request !== undefined) {
          request.outputTokens = Math.max(request.outputTokens, entry.outputTokens);
          request.at = Math.max(request.at, entry.at);
        }
        break;
      }
      case "settled":
        settled.add(entry.event.id);
        open.delete(entry.event.id);
        break;
      case "void":
        settled.add(entry.id);
        open.delete(entry.id);
        break;
      case "unreadable":
        // Kept for the version that wrote it, which may have settled the request.
        if (entry.id !== undefined) {
          settled.add(entry.id);
          open.delete(entry.id);
        }
        break;
    }
  }
  return [...open.values()].map(({ intent, outputTokens, at }) => ({
    ...intent,
    outputTokens,
    status: 500,
    durationMs: at - intent.at,
    estimated: true,
  }));
}
