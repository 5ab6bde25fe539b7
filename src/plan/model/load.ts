import type { Path } from "../../platform-file/origin.js";
import type { Bounds } from "./element.js";

/** How many requests arrive. */
export interface Arrivals {
  readonly path: Path;
  /** Requests per second: usual, and at the peak. */
  readonly rate: Bounds | undefined;
  /** Coefficient of variation of the times between requests, at least 1. */
  readonly burst: number;
}

/** The requests that a model must serve. Lengths in tokens: `min` is the average, `max` the longest. */
export interface ModelLoad extends Arrivals {
  readonly prompt: Bounds | undefined;
  readonly answer: Bounds | undefined;
}

/** The requests that a service must serve. */
export interface ServiceLoad extends Arrivals {
  /** Milliseconds of one request alone: `min` is the average, `max` the longest. */
  readonly work: Bounds | undefined;
  /** Requests that one replica processes at the same time. */
  readonly concurrency: number;
}

/** How fast one replica of a model is. */
export interface Speed {
  /** Prompt tokens per second. */
  readonly prefill: Measured<number> | undefined;
  /** Tokens of one answer per second: `min` with every slot in use, `max` alone. */
  readonly decode: Measured<Bounds> | undefined;
}

/** A figure, and the path in the platform file that declares it. */
export interface Measured<Value> {
  readonly value: Value;
  readonly path: Path;
}
