import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { backupListSchema } from "../../../src/contracts/backups.js";
import {
  type DrillSummary,
  drillResultSchema,
  drillStartedSchema,
  drillSummariesSchema,
} from "../../../src/contracts/drills.js";
import { ApiError, act, call, send } from "./client.js";

export type { ListedBackup as Backup } from "../../../src/contracts/backups.js";
export type { DrillResult, DrillSummary, Outcome } from "../../../src/contracts/drills.js";

export function isRunning(drill: Pick<DrillSummary, "state">): boolean {
  return drill.state === "running";
}

const drillsKey = ["drills"] as const;

export function useDrills() {
  return useQuery({
    queryKey: drillsKey,
    queryFn: ({ signal }) => call(drillSummariesSchema, "/admin/drills", { signal }),
    refetchInterval: ({ state }) => (state.data?.drills.some(isRunning) ? 1_000 : 10_000),
  });
}

export function useDrill(id: string) {
  return useQuery({
    queryKey: [...drillsKey, id],
    queryFn: ({ signal }) => call(drillResultSchema, `/admin/drills/${encodeURIComponent(id)}`, { signal }),
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
    mutationFn: (fault: string) => call(drillStartedSchema, "/admin/drills", { method: "POST", body: { fault } }),
    onSuccess: () => client.invalidateQueries({ queryKey: drillsKey }),
  });
}

export function useCancelDrill() {
  return useMutation({
    mutationFn: (id: string) => act(`/admin/drills/${encodeURIComponent(id)}/cancel`, { method: "POST" }),
  });
}

/**
 * Whether the report can be opened. It exists once the drill has ended; retries cover a platform that is still recovering
 * from the fault.
 */
export function useReportReady(id: string) {
  return useQuery({
    queryKey: [...drillsKey, id, "report"],
    queryFn: async ({ signal }) => {
      const response = await send(reportAddress(id, "html"), { signal });
      await response.body?.cancel();
      return true;
    },
    staleTime: Number.POSITIVE_INFINITY,
    retry: (failures, error) => failures < 10 && !(error instanceof ApiError && error.status < 500 && error.status > 0),
    retryDelay: 1_000,
  });
}

export function reportAddress(id: string, format: "html" | "md"): string {
  return `/admin/drills/${encodeURIComponent(id)}/report.${format}`;
}

export function useBackups() {
  return useQuery({
    queryKey: ["backups"],
    queryFn: ({ signal }) => call(backupListSchema, "/admin/backups", { signal }),
    refetchInterval: 15_000,
  });
}
