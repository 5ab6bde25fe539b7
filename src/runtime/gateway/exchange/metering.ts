import type { Model } from "../../../plan/plan.js";
import type { PendingRequest } from "../request/body.js";
import type { Call, Counted, Tokens } from "../shape.js";
import type { Shared } from "../shared.js";
import type { JournalListener } from "../usage/journal.js";

/** The first checkpoint of a stream follows its first output after this time, and each next one after twice the time … */
const FIRST_CHECKPOINT_MS = 100;
/** … up to this interval. */
const MAX_CHECKPOINT_INTERVAL_MS = 2_000;

/** The exchange whose usage is recorded. */
export interface MeteredExchange extends JournalListener {
  /** The model of the newest attempt. */
  readonly model: Model;
  /** An attempt is in flight. */
  readonly isCalling: boolean;
  /** When the first output of the newest attempt arrived, as `performance.now()`; 0 until then. */
  readonly firstContentAt: number;
  /** The tokens of the newest attempt so far. */
  tokensSoFar(): Tokens;
}

/** The usage of one request in the journal: its intent, checkpoints of its output, and its settlement. */
export class Metering {
  /** Epoch milliseconds at which the request was valid. */
  readonly at = Date.now();
  readonly #startedAt = performance.now();
  /** The settled status; 0 before the settlement. */
  status = 0;
  #checkpointTimer: NodeJS.Timeout | undefined;
  #checkpointIntervalMs = FIRST_CHECKPOINT_MS;

  constructor(
    private readonly shared: Shared,
    private readonly pending: PendingRequest<unknown>,
    private readonly call: Call,
    private readonly exchange: MeteredExchange,
  ) {}

  /** Milliseconds since the request was valid. */
  get elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }

  /** Milliseconds until the first output of the model; 0 without output. */
  get firstContentMs(): number {
    const { firstContentAt } = this.exchange;
    return firstContentAt === 0 ? 0 : firstContentAt - this.#startedAt;
  }

  writeIntent(): void {
    const { organisation, keyId } = this.pending.principal;
    const { operation, inputEstimate: inputTokens } = this.call;
    const model = this.exchange.model.name;
    this.shared.journal.intent(
      { id: this.pending.id, at: this.at, organisation, keyId, model, operation, inputTokens },
      this.exchange,
    );
  }

  /** Output has arrived: a checkpoint follows, so that the output is counted if this process ends. */
  outputArrived(): void {
    this.#checkpointTimer ??= setTimeout(checkpoint, this.#checkpointIntervalMs, this);
  }

  checkpoint(): void {
    this.#checkpointTimer = undefined;
    if (!this.exchange.isCalling) return;
    this.shared.journal.checkpoint(this.pending.id, this.exchange.tokensSoFar().counted.outputTokens);
    this.#checkpointIntervalMs = Math.min(MAX_CHECKPOINT_INTERVAL_MS, 2 * this.#checkpointIntervalMs);
  }

  settle(status: number, { inputTokens, outputTokens }: Counted, estimated: boolean): void {
    this.status = status;
    const { organisation, keyId } = this.pending.principal;
    const firstTokenMs = this.call.stream ? this.firstContentMs : 0;
    this.shared.journal.settle(
      {
        id: this.pending.id,
        at: this.at,
        organisation,
        keyId,
        model: this.exchange.model.name,
        operation: this.call.operation,
        inputTokens,
        outputTokens,
        status,
        durationMs: Math.round(this.elapsedMs),
        estimated,
        firstTokenMs: firstTokenMs > 0 ? Math.round(firstTokenMs) : null,
      },
      this.exchange,
    );
  }

  stop(): void {
    clearTimeout(this.#checkpointTimer);
  }
}

function checkpoint(metering: Metering): void {
  metering.checkpoint();
}
