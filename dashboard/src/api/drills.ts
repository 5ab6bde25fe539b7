import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { DrillSummary } from "../../../src/contracts/drills.js";
import { requestOf } from "../../../src/contracts/route.js";
import { drillRoutes } from "../../../src/contracts/routes/dashboard.js";
import { call } from "./client.js";

export type { DrillFaultEstimate, DrillResult, DrillSummary, Outcome } from "../../../src/contracts/drills.js";

export function isRunning(drill: Pick<DrillSummary, "state">): boolean {
  return drill.state === "running";
}

const DRILLS = ["drills"] as const;

/** Interval at which a running drill is read. */
export const DRILL_INTERVAL_MS = 700;

/** The drill that runs now, if any. */
export function useRunningDrill(): DrillSummary | undefined {
  return useQuery({
    queryKey: [...DRILLS, "running"],
    queryFn: ({ signal }) => call(drillRoutes.listDrills, { query: { status: "running", limit: 1 } }, signal),
    refetchInterval: ({ state }) => (state.data?.drills.length ? 1_000 : 5_000),
  }).data?.drills[0];
}

export interface DrillsQuery {
  readonly search: string | undefined;
  readonly status: DrillSummary["state"] | undefined;
  readonly after: string | undefined;
  readonly limit: number;
}

/** A page of the drills, newest first. */
export function useDrills(query: DrillsQuery) {
  return useQuery({
    queryKey: [...DRILLS, "page", query],
    queryFn: ({ signal }) => call(drillRoutes.listDrills, { query }, signal),
    placeholderData: keepPreviousData,
    refetchInterval: 10_000,
  });
}

/** The faults that can be drilled, with the estimated outage and data loss of each. */
export function useDrillFaults() {
  return useQuery({
    queryKey: [...DRILLS, "faults"],
    queryFn: async ({ signal }) => (await call(drillRoutes.listDrillFaults, {}, signal)).faults,
    refetchInterval: 60_000,
  });
}

export function useDrill(id: string) {
  return useQuery({
    queryKey: [...DRILLS, id],
    queryFn: ({ signal }) => call(drillRoutes.readDrill, { params: { id } }, signal),
    // A drill can make this API unavailable for a time: reading is repeated until it answers again.
    refetchInterval: ({ state }) => (state.data && !isRunning(state.data) ? false : DRILL_INTERVAL_MS),
    retry: false,
  });
}

export function useStartDrill() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (fault: string) => call(drillRoutes.startDrill, { body: { fault } }),
    onSuccess: () => client.invalidateQueries({ queryKey: DRILLS }),
  });
}

export function useCancelDrill() {
  return useMutation({
    mutationFn: (id: string) => call(drillRoutes.cancelDrill, { params: { id } }),
  });
}

export function reportAddress(id: string, format: "html" | "md"): string {
  const route = format === "html" ? drillRoutes.readDrillReportHtml : drillRoutes.readDrillReportMarkdown;
  return requestOf(route, { params: { id } }).path;
}
