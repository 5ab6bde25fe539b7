import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type RequestOf, requestOf } from "../../../src/contracts/route.js";
import { usageRoutes } from "../../../src/contracts/routes/usage.js";
import {
  type LatencyDimension,
  MAX_LATENCY_RANGE_MS,
  type UsageDimension,
  type UsageGroup,
  type UsageRank,
  type UsageTimeUnit,
} from "../../../src/contracts/usage.js";
import { call, send } from "./client.js";

export type {
  LatencyFigures,
  LatencyReport,
  LatencyRow,
  UsageFigures,
  UsageGroup,
  UsageRank,
  UsageReport,
  UsageRow,
} from "../../../src/contracts/usage.js";

export const USAGE_INTERVAL_MS = 10_000;

export interface Span {
  /** Epoch milliseconds, inclusive. */
  readonly from: number;
  /** Epoch milliseconds, exclusive. */
  readonly to: number;
}

export interface UsageQuestion {
  readonly span: Span;
  readonly group: UsageGroup;
  /** The figure that ranks the groups. */
  readonly rank: UsageRank;
  /** The number of groups with rows of their own; the others are combined. */
  readonly top: number;
  /** Undefined: one row for each group. */
  readonly unit: UsageTimeUnit | undefined;
  /** Whether the load of drills counts. */
  readonly drills: boolean;
}

function requestFor(
  { from, to }: Span,
  by: readonly UsageDimension[],
  drills: boolean,
): RequestOf<typeof usageRoutes.readUsage> {
  return {
    query: {
      from: new Date(from).toISOString(),
      to: new Date(to).toISOString(),
      by: by.join(","),
      drills: drills ? "include" : "exclude",
    },
  };
}

/** Usage of the groups with the highest figures, over time or in total. */
export function useUsage({ span, group, rank, top, unit, drills }: UsageQuestion, live: boolean) {
  return useQuery({
    queryKey: ["usage", span.from, span.to, group, rank, top, unit, drills],
    queryFn: ({ signal }) => {
      const { query } = requestFor(span, [...(unit === undefined ? [] : [unit]), group], drills);
      return call(usageRoutes.readUsage, { query: { ...query, top, rank } }, signal);
    },
    placeholderData: keepPreviousData,
    refetchInterval: live ? USAGE_INTERVAL_MS : false,
  });
}

/** Whether the latency of a span can be read: it is computed from single requests. */
export function hasLatency({ from, to }: Span): boolean {
  return to - from <= MAX_LATENCY_RANGE_MS;
}

/** Latency by time or by group. Nothing is read for a span without latency. */
export function useLatency({ from, to }: Span, by: LatencyDimension, drills: boolean, live: boolean) {
  return useQuery({
    enabled: hasLatency({ from, to }),
    queryKey: ["latency", from, to, by, drills],
    queryFn: ({ signal }) => {
      const query = {
        from: new Date(from).toISOString(),
        to: new Date(to).toISOString(),
        by,
        drills: drills ? ("include" as const) : ("exclude" as const),
      };
      return call(usageRoutes.readLatency, { query }, signal);
    },
    placeholderData: keepPreviousData,
    refetchInterval: live ? USAGE_INTERVAL_MS : false,
  });
}

/** The same usage of all groups as a CSV file. @throws ApiError if the report is too large. */
export async function readUsageCsv(span: Span, by: readonly UsageDimension[], drills: boolean): Promise<Blob> {
  const { query } = requestFor(span, by, drills);
  const { path } = requestOf(usageRoutes.readUsage, { query: { ...query, format: "csv" } });
  return (await send(path)).blob();
}
