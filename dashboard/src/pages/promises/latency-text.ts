import type { Latency } from "../../api/promises.js";
import { duration } from "../../format.js";

/** A predicted response time, rounded up to tenths below a minute. */
export function formatResponse(milliseconds: number): string {
  if (!Number.isFinite(milliseconds)) return "unbounded";
  const grain = milliseconds < 1000 ? 1 : milliseconds < 60_000 ? 100 : 1000;
  return duration(Math.ceil(milliseconds / grain) * grain);
}

/** `p95 within 2s`, `first token p95 within 500ms`. */
export function formatLatency({ of, percentile, within }: Pick<Latency, "of" | "percentile" | "within">): string {
  return `${of === "firstToken" ? "first token " : ""}p${Math.round(percentile * 100)} within ${duration(within)}`;
}
