import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type RequestOf, requestOf } from "../../../src/contracts/route.js";
import { usageRoutes } from "../../../src/contracts/routes/usage.js";
import { USAGE_DIMENSIONS, type UsageDimension } from "../../../src/contracts/usage.js";
import { call } from "./client.js";

export type { UsageFigures, UsageRow } from "../../../src/contracts/usage.js";

export type Grouping = Exclude<UsageDimension, "hour">;

const REFRESH_INTERVAL_MS = 10_000;

export interface Span {
  /** Epoch milliseconds, inclusive. */
  readonly from: number;
  /** Epoch milliseconds, exclusive. */
  readonly to: number;
}

function reportOf(span: Span, by: readonly UsageDimension[]): RequestOf<typeof usageRoutes.readUsage> {
  const { from, to } = span;
  return { query: { from: new Date(from).toISOString(), to: new Date(to).toISOString(), by: by.join(",") } };
}

/** Usage by hour and one more dimension. */
export function useUsage(span: Span, by: Grouping, live: boolean) {
  return useQuery({
    queryKey: ["usage", span.from, span.to, by],
    queryFn: ({ signal }) => call(usageRoutes.readUsage, reportOf(span, ["hour", by]), signal),
    placeholderData: keepPreviousData,
    refetchInterval: live ? REFRESH_INTERVAL_MS : false,
  });
}

/** Path of the same usage as CSV, one row per hour, organisation, key and model. */
export function usageCsv(span: Span): string {
  const { query } = reportOf(span, USAGE_DIMENSIONS);
  return requestOf(usageRoutes.readUsage, { query: { ...query, format: "csv" } }).path;
}
