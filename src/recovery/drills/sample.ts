/** One thing that a client of the drill tried. Times are epoch milliseconds. */
export interface Sample {
  /** `probe`: of an element that chats do not ask; it measures when that one answers, and nothing is compared. */
  readonly kind: "request" | "write" | "probe";
  readonly sent: number;
  readonly ended: number;
  /** Acknowledged: the answer came whole, with success; the write was committed. */
  readonly ok: boolean;
  /** Where an acknowledged one must be found afterwards: the id in the ledger, the number of the write. */
  readonly reference: string | undefined;
}

/** Answers and failures in the time that begins `t` milliseconds after the drill. */
export interface Bin {
  readonly t: number;
  readonly ok: number;
  readonly failed: number;
}

export const BIN = 250;

/** Counts samples of one kind in steps of a quarter of a second, gaps included. */
export function series(samples: readonly Sample[], kind: Sample["kind"], start: number, end: number): Bin[] {
  const bins = Array.from({ length: Math.max(1, Math.ceil((end - start) / BIN)) }, (_, n) => ({
    t: n * BIN,
    ok: 0,
    failed: 0,
  }));
  for (const sample of samples) {
    const bin = bins[Math.min(bins.length - 1, Math.max(0, Math.floor((sample.ended - start) / BIN)))];
    if (sample.kind !== kind || !bin) continue;
    if (sample.ok) bin.ok += 1;
    else bin.failed += 1;
  }
  return bins;
}
