/** One request or write of the drill's clients. Times are epoch milliseconds. */
export interface Sample {
  /** `probe`: a request to an element that chats do not reach. It counts for the outage of that element only. */
  readonly kind: "request" | "write" | "probe";
  readonly sent: number;
  readonly ended: number;
  /** Acknowledged: a complete successful response, or a committed write. */
  readonly ok: boolean;
  /** Identifies an acknowledged sample when it is read back: the id in the usage ledger, or the number of the write. */
  readonly reference: string | undefined;
  /** Why it failed. */
  readonly reason?: string;
}

/** How often requests and writes failed for each reason, the most frequent first. */
export function failures(
  samples: readonly Sample[],
): { readonly kind: "request" | "write"; readonly reason: string; readonly count: number }[] {
  return (["request", "write"] as const)
    .flatMap((kind) => {
      const counts = new Map<string, number>();
      for (const sample of samples)
        if (sample.kind === kind && !sample.ok)
          counts.set(sample.reason ?? UNKNOWN_REASON, (counts.get(sample.reason ?? UNKNOWN_REASON) ?? 0) + 1);
      return [...counts].map(([reason, count]) => ({ kind, reason, count }));
    })
    .sort((a, b) => b.count - a.count)
    .slice(0, MAX_REASONS);
}

const UNKNOWN_REASON = "unknown";
/** A reason may contain an id or a time: the list is bounded. */
const MAX_REASONS = 10;

/** Successes and failures in the interval that starts `t` milliseconds after the drill started. */
export interface Bin {
  readonly t: number;
  readonly ok: number;
  readonly failed: number;
}

export const BIN_MS = 250;

/** Counts the samples of one kind per interval of `BIN_MS`; intervals without a sample are included. */
export function series(samples: readonly Sample[], kind: Sample["kind"], start: number, end: number): Bin[] {
  const bins = Array.from({ length: Math.max(1, Math.ceil((end - start) / BIN_MS)) }, (_, n) => ({
    t: n * BIN_MS,
    ok: 0,
    failed: 0,
  }));
  for (const sample of samples) {
    const bin = bins[Math.min(bins.length - 1, Math.max(0, Math.floor((sample.ended - start) / BIN_MS)))];
    if (sample.kind !== kind || !bin) continue;
    if (sample.ok) bin.ok += 1;
    else bin.failed += 1;
  }
  return bins;
}
