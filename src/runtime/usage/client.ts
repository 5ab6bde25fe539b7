export const operations = ["chat", "completion", "embedding"] as const;

/** One answered request. `id` is made from the request id: the ledger counts each id once however often it is sent. */
export interface UsageEvent {
  readonly id: string;
  /** Epoch milliseconds at which the request was accepted. */
  readonly at: number;
  readonly organisation: string;
  readonly keyId: string;
  readonly model: string;
  readonly operation: (typeof operations)[number];
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** HTTP status that was answered; 499 when the client left. */
  readonly status: number;
  readonly durationMs: number;
  /** The counts come from a checkpoint, not from the end of the answer. */
  readonly estimated: boolean;
}

/** What other modules ask of usage. In-process when together, HTTP when apart. */
export interface Usage {
  /** Resolves once every event is durable in PostgreSQL. Idempotent by `id`; a later settled event replaces an estimated one. */
  record(events: readonly UsageEvent[]): Promise<void>;
}
