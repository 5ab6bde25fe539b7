import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import {
  backupsAnswer,
  type Drill,
  drillDetailAnswer,
  drillStarted,
  drillsAnswer,
} from "../../../src/runtime/dashboard/control/answer.js";
import { ApiError, act, call, send } from "./client.js";

export type { Backup, Drill, DrillDetail } from "../../../src/runtime/dashboard/control/answer.js";

export function isRunning(drill: Pick<Drill, "state">): boolean {
  return drill.state === "running";
}

const drillsKey = ["drills"] as const;

export function useDrills() {
  return useQuery({
    queryKey: drillsKey,
    queryFn: async ({ signal }) => (await call(drillsAnswer, "/admin/drills", { signal })).drills,
    refetchInterval: ({ state }) => (state.data?.some(isRunning) ? 1_000 : 10_000),
  });
}

export function useDrill(id: string) {
  return useQuery({
    queryKey: [...drillsKey, id],
    queryFn: ({ signal }) => call(drillDetailAnswer, `/admin/drills/${encodeURIComponent(id)}`, { signal }),
    // A drill that strikes the database strikes this answer, too: it is asked for less often until it comes again.
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
    mutationFn: (fault: string) => call(drillStarted, "/admin/drills", { method: "POST", body: { fault } }),
    onSuccess: () => client.invalidateQueries({ queryKey: drillsKey }),
  });
}

export function useCancelDrill() {
  return useMutation({
    mutationFn: (id: string) => act(`/admin/drills/${encodeURIComponent(id)}/cancel`, { method: "POST" }),
  });
}

/**
 * Whether the report can be opened: it is there once the drill has ended, so that one question is enough, but a platform that
 * was struck may be away for another moment.
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
    queryFn: ({ signal }) => call(backupsAnswer, "/admin/backups", { signal }),
    refetchInterval: 15_000,
  });
}
