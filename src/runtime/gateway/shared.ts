import type { Logger } from "pino";
import type { Tracer } from "../kernel/tracing.js";
import type { GatewayMetrics } from "./metrics.js";
import type { Refusals } from "./refusals.js";
import type { Bodies } from "./request/body.js";
import type { Journal } from "./usage/journal.js";

/** The parts of the gateway that all requests share. */
export interface Shared {
  readonly journal: Journal;
  readonly metrics: GatewayMetrics;
  readonly bodies: Bodies;
  readonly refusals: Refusals;
  readonly tracer: Tracer | undefined;
  readonly log: Logger;
}
