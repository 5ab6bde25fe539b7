import type { IncomingMessage } from "node:http";
import type { Logger } from "pino";
import type { Principal } from "../../contracts/credentials.js";
import { traceOf } from "../kernel/trace.js";
import type { GatewayMetrics } from "./metrics.js";
import type { OperationName } from "./operations.js";
import type { Problem } from "./problem.js";
import { clientRequestId } from "./request-id.js";
import type { Journal } from "./usage/journal.js";

/** A request that was refused before it reached a model. */
export interface Refused {
  readonly request: IncomingMessage;
  readonly id: string;
  /** Epoch milliseconds at which its headers had arrived, or, once it was valid, at which it was. */
  readonly at: number;
  /** Undefined if the key is missing or invalid. */
  readonly principal: Principal | undefined;
  /** Undefined for a request that needs no model. */
  readonly operation: OperationName | undefined;
  /** Undefined if the request names no existing model. */
  readonly model: string | undefined;
}

/** The model of refused requests in the ledger that name no existing one: names of clients' choice would fill it. */
export const NO_MODEL = "(none)";

/** Log lines of refused requests in one second; the others are counted. */
const MAX_LINES_PER_SECOND = 50;

/**
 * Records refused requests: in the metrics, in the log, and (those with a valid key that are for a model) in the ledger, with their status
 * and without tokens.
 */
export class Refusals {
  #second = 0;
  #lines = 0;
  #omitted = 0;

  constructor(
    private readonly journal: Journal,
    private readonly metrics: GatewayMetrics,
    private readonly log: Logger,
  ) {}

  record(refused: Refused, why: Problem): void {
    this.metrics.refuse(why.code);
    this.#count(refused, why);
    this.write(refused, why);
  }

  #count({ id, at, principal, operation, model = NO_MODEL }: Refused, { status }: Problem): void {
    // While the journal cannot be written nothing can be counted.
    if (principal === undefined || operation === undefined || this.journal.failing !== undefined) return;
    const { organisation, keyId } = principal;
    const durationMs = Math.max(0, Date.now() - at);
    const nothing = { inputTokens: 0, outputTokens: 0, estimated: false };
    this.journal.settle({ id, at, organisation, keyId, model, operation, status, durationMs, ...nothing }, undefined);
  }

  /** Writes the log line. */
  write({ request, id, principal, operation, model }: Refused, { status, code, message }: Problem): void {
    const second = Math.floor(Date.now() / 1000);
    if (second !== this.#second) {
      if (this.#omitted > 0) this.log.info({ count: this.#omitted }, "omitted log lines of refused requests");
      this.#second = second;
      this.#lines = 0;
      this.#omitted = 0;
    }
    this.#lines += 1;
    if (this.#lines > MAX_LINES_PER_SECOND) {
      this.#omitted += 1;
      return;
    }
    const line = {
      requestId: id,
      clientRequestId: clientRequestId(request),
      traceId: traceOf(request).traceId,
      organisation: principal?.organisation,
      keyId: principal?.keyId,
      operation,
      model,
      status,
      code,
      reason: message,
    };
    if (status >= 500) this.log.warn(line, "refused a request");
    else this.log.info(line, "refused a request");
  }
}
