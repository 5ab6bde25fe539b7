import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type UsageDimension, usageReport } from "../../../src/contracts/usage.js";
import { call } from "./client.js";

export type { UsageFigures, UsageRow } from "../../../src/contracts/usage.js";
export type Grouping = Exclude<UsageDimension, "hour">;

export interface Span {
  /** Epoch milliseconds, inclusive. */
  readonly from: number;
  /** Epoch milliseconds, exclusive. */
  readonly to: number;
}

function address(span: Span, by: string, format?: "csv"): string {
  const query = new URLSearchParams({
    from: new Date(span.from).toISOString(),
    to: new Date(span.to).toISOString(),
    by,
    ...(format ? { format } : {}),
  });
  return `/admin/usage?${query}`;
}

/** Counts by hour and by one grouping. */
export function useUsage(span: Span, by: Grouping, live: boolean) {
  return useQuery({
    queryKey: ["usage", span.from, span.to, by],
    queryFn: ({ signal }) => call(usageReport, address(span, `hour,${by}`), { signal }),
    placeholderData: keepPreviousData,
    refetchInterval: live ? 10_000 : false,
  });
}

/** Where the same figures can be downloaded, one row per hour, organisation, key and model. */
export function usageCsv(span: Span): string {
  return address(span, "hour,organisation,key,model", "csv");
}
