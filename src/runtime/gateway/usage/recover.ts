import type { UsageEvent } from "../../../contracts/usage.js";
import type { Entry, Intent } from "./records.js";

interface OpenRequest {
  readonly intent: Intent;
  outputTokens: number;
  /** Epoch milliseconds of the newest entry. */
  at: number;
}

/**
 * The requests that an earlier process did not settle, from its entries. Pure. It holds the open requests only: a journal that the
 * ledger did not accept for a day has millions of settled ones. An intent that was copied into a newer file can follow its settlement,
 * which was not retained; so every entry is passed to `add`, and then, if requests are open, once more to `exclude`.
 */
export class UnsettledRequests {
  readonly #open = new Map<string, OpenRequest>();

  get size(): number {
    return this.#open.size;
  }

  /** First pass, in the order of the journal. */
  add(entry: Entry): void {
    if (entry.kind === "intent") {
      const { intent } = entry;
      // An intent that was copied into a newer file is the same request.
      if (!this.#open.has(intent.id)) this.#open.set(intent.id, { intent, outputTokens: 0, at: intent.at });
    } else if (entry.kind === "checkpoint") {
      const request = this.#open.get(entry.id);
      if (request === undefined) return;
      request.outputTokens = Math.max(request.outputTokens, entry.outputTokens);
      request.at = Math.max(request.at, entry.at);
    } else this.exclude(entry);
  }

  /** Second pass, in any order. */
  exclude(entry: Entry): void {
    const id = settledId(entry);
    if (id !== undefined) this.#open.delete(id);
  }

  /** Their settlements: a response was interrupted (status 500), its input is the estimate of the intent, and it is marked `estimated`. */
  settlements(): UsageEvent[] {
    return [...this.#open.values()].map(({ intent, outputTokens, at }) => ({
      ...intent,
      outputTokens,
      status: 500,
      durationMs: at - intent.at,
      estimated: true,
      firstTokenMs: null,
    }));
  }
}

/** The request that an entry settles; undefined for other entries. */
function settledId(entry: Entry): string | undefined {
  switch (entry.kind) {
    case "settled":
      return entry.event.id;
    case "void":
    // Kept for the version that wrote it, which may have settled the request.
    case "unreadable":
      return entry.id;
    case "intent":
    case "checkpoint":
      return undefined;
  }
}
