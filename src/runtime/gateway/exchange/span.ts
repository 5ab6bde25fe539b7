import { GEN_AI_ATTRIBUTES, GEN_AI_OPERATIONS, GEN_AI_PROVIDER } from "../../../contracts/gen-ai.js";
import type { Trace } from "../../kernel/trace.js";
import type { FinishedSpan } from "../../kernel/tracing.js";
import type { Call } from "../shape.js";

interface Finished {
  /** The model that served the request. */
  readonly model: string;
  readonly path: string;
  readonly status: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly milliseconds: number;
}

/** A finished request as a span, named by OpenTelemetry's conventions for generative AI. */
export function spanOf(trace: Trace, call: Call, finished: Finished): FinishedSpan {
  const { model, path, status, at, milliseconds, inputTokens, outputTokens } = finished;
  const operation = GEN_AI_OPERATIONS[call.operation];
  return {
    name: `${operation} ${call.model}`,
    kind: "server",
    trace,
    start: at,
    end: at + milliseconds,
    attributes: {
      [GEN_AI_ATTRIBUTES.operation]: operation,
      [GEN_AI_ATTRIBUTES.provider]: GEN_AI_PROVIDER,
      [GEN_AI_ATTRIBUTES.requestModel]: call.model,
      [GEN_AI_ATTRIBUTES.responseModel]: model,
      ...(call.stream && { [GEN_AI_ATTRIBUTES.requestStream]: true }),
      [GEN_AI_ATTRIBUTES.inputTokens]: inputTokens,
      [GEN_AI_ATTRIBUTES.outputTokens]: outputTokens,
      "http.response.status_code": status,
      "url.path": path,
      ...(status >= 500 && { "error.type": String(status) }),
    },
    failed: status >= 500,
  };
}
