import type { Trace } from "../../kernel/trace.js";
import type { FinishedSpan } from "../../kernel/tracing.js";
import type { Call } from "../shape.js";

interface Finished {
  /** The model that served the request. */
  readonly model: string;
  readonly path: string;
  readonly status: number;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly milliseconds: number;
}

/** A finished request as a span, named by OpenTelemetry's conventions for generative AI. */
export function spanOf(trace: Trace, call: Call, { model, path, status, at, milliseconds }: Finished): FinishedSpan {
  return {
    name: `${call.operation} ${call.model}`,
    kind: "server",
    trace,
    start: at,
    end: at + milliseconds,
    attributes: {
      "gen_ai.operation.name": call.operation,
      "gen_ai.request.model": call.model,
      "gen_ai.response.model": model,
      "http.response.status_code": status,
      "url.path": path,
    },
    failed: status >= 500,
  };
}
