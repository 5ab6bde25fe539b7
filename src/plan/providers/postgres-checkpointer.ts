import { cite } from "./product.js";

/** Milliseconds from the start of a server until it first closes a WAL segment that is not full. */
export const FIRST_CHECKPOINT = cite(
  30_000,
  "PostgreSQL closes no segment before its first checkpoint_timeout has passed, which is at least 30 s",
);
