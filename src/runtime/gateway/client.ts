/** How one upstream of a model is doing. */
export interface TargetStatus {
  readonly id: string;
  readonly engine: string;
  readonly state: "ready" | "ejected";
  readonly inFlight: number;
  /** Moving average of the time from a request to the end of its answer, in milliseconds. */
  readonly ewmaMs: number;
  readonly errors: number;
}

/** How one model is doing, as `GET /admin/models` shows it. */
export interface ModelStatus {
  readonly name: string;
  /** It makes vectors, and answers no prompts. */
  readonly embeddings: boolean;
  readonly engine: string;
  /** Why this engine was taken. */
  readonly reason: string;
  readonly state: "ready" | "starting" | "down";
  readonly targets: readonly TargetStatus[];
  readonly queue: { readonly waiting: number; readonly limit: number };
  readonly requestsPerSecond: number;
  readonly tokensPerSecond: number;
}

/** What other modules ask of the gateway. In-process when together, HTTP when apart. */
export interface Gateway {
  models(): Promise<readonly ModelStatus[]>;
}
