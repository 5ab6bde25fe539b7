import type { IncomingMessage } from "node:http";
import type { Logger } from "pino";
import type { Principal } from "../../contracts/credentials.js";
import { LimitedLog } from "../kernel/limited-log.js";
import { clientRequestId } from "../kernel/request-id.js";
import { traceOf } from "../kernel/trace.js";
import type { GatewayMetrics } from "./metrics.js";
import type { OperationName } from "./operations.js";
import type { Problem } from "./problem.js";
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

/**
 * Records refused requests: in the metrics, in the log, and (those with a valid key that are for a model) in the ledger, with their status
 * and without tokens.
 */
export class Refusals {
  readonly #log: LimitedLog;

  constructor(
    private readonly journal: Journal,
    private readonly metrics: GatewayMetrics,
    log: Logger,
  ) {
    this.#log = new LimitedLog(log, "refused requests");
  }

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
    const nothing = { inputTokens: 0, outputTokens: 0, estimated: false, firstTokenMs: null };
    this.journal.settle({ id, at, organisation, keyId, model, operation, status, durationMs, ...nothing }, undefined);
  }

  /** Writes the log line. */
  write({ request, id, principal, operation, model }: Refused, { status, code, message }: Problem): void {
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
    this.#log.write(status >= 500 ? "warn" : "info", line, "refused a request");
  }
}
