import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { DrillSummary } from "../../../src/contracts/drills.js";
import { requestOf } from "../../../src/contracts/route.js";
import { backupRoutes, drillRoutes } from "../../../src/contracts/routes/dashboard.js";
import { ApiError, call, probe } from "./client.js";

export type { ListedBackup as Backup } from "../../../src/contracts/backups.js";
export type { DrillResult, DrillSummary, Outcome } from "../../../src/contracts/drills.js";

export function isRunning(drill: Pick<DrillSummary, "state">): boolean {
  return drill.state === "running";
}

const DRILLS = ["drills"] as const;

export function useDrills() {
  return useQuery({
    queryKey: DRILLS,
    queryFn: ({ signal }) => call(drillRoutes.listDrills, {}, signal),
    refetchInterval: ({ state }) => (state.data?.drills.some(isRunning) ? 1_000 : 10_000),
  });
}

export function useDrill(id: string) {
  return useQuery({
    queryKey: [...DRILLS, id],
    queryFn: ({ signal }) => call(drillRoutes.readDrill, { params: { id } }, signal),
    // A drill of the database also makes this API unavailable: it polls at a longer interval until it recovers.
    refetchInterval: ({ state }) => {
      if (state.data && !isRunning(state.data)) return false;
      return state.status === "error" ? 2_500 : 700;
    },
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

/**
 * Whether the report can be opened. It exists once the drill has ended; retries cover a platform that is still recovering
 * from the fault.
 */
export function useReportReady(id: string) {
  return useQuery({
    queryKey: [...DRILLS, id, "report"],
    queryFn: async ({ signal }) => {
      await probe(reportAddress(id, "html"), signal);
      return true;
    },
    staleTime: Number.POSITIVE_INFINITY,
    retry: (failures, error) => failures < 10 && !(error instanceof ApiError && error.status < 500 && error.status > 0),
    retryDelay: 1_000,
  });
}

export function reportAddress(id: string, format: "html" | "md"): string {
  const route = format === "html" ? drillRoutes.readDrillReportHtml : drillRoutes.readDrillReportMarkdown;
  return requestOf(route, { params: { id } }).path;
}

export function useBackups() {
  return useQuery({
    queryKey: ["backups"],
    queryFn: ({ signal }) => call(backupRoutes.listBackups, {}, signal),
    refetchInterval: 15_000,
  });
}
