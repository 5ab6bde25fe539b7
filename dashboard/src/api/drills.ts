import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { z } from "zod";
import { call } from "./client.js";

const verdict = z.enum(["kept", "broken", "unknown", "not-promised"]);

const drill = z.object({
  id: z.string(),
  fault: z.string(),
  subject: z.string().nullish(),
  state: z.enum(["running", "finished", "failed"]).optional(),
  startedAt: z.number(),
  finishedAt: z.number().nullish(),
  /** Measured, in milliseconds. */
  rto: z.number().nullish(),
  rpo: z.number().nullish(),
  verdict: verdict.nullish(),
  /** Why it failed or was broken, in a sentence. */
  reason: z.string().nullish(),
});

const objectives = z.object({ rto: z.number().nullish(), rpo: z.number().nullish() }).nullish();

const drillDetail = drill.extend({
  promised: objectives,
  predicted: objectives,
  /** Requests answered and failed in the second that begins `t` milliseconds after the start. */
  series: z.array(z.object({ t: z.number(), ok: z.number(), failed: z.number() })).default([]),
  events: z.array(z.object({ t: z.number(), what: z.string() })).default([]),
  acknowledged: z.number().nullish(),
  lost: z.number().nullish(),
});

export type Drill = z.infer<typeof drill>;
export type DrillDetail = z.infer<typeof drillDetail>;

export function isRunning(drill: Drill): boolean {
  return drill.state === "running" || (drill.state === undefined && !drill.finishedAt);
}

const drillsKey = ["drills"] as const;

export function useDrills() {
  return useQuery({
    queryKey: drillsKey,
    queryFn: async ({ signal }) => (await call(z.object({ drills: z.array(drill) }), "/admin/drills", { signal })).drills,
    refetchInterval: ({ state }) => (state.data?.some(isRunning) ? 1_000 : 10_000),
  });
}

export function useDrill(id: string) {
  return useQuery({
    queryKey: [...drillsKey, id],
    queryFn: ({ signal }) => call(drillDetail, `/admin/drills/${encodeURIComponent(id)}`, { signal }),
    refetchInterval: ({ state }) => (state.data === undefined || isRunning(state.data) ? 700 : false),
  });
}

export function useStartDrill() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (fault: string) => call(z.object({ id: z.string() }), "/admin/drills", { method: "POST", body: { fault } }),
    onSuccess: () => client.invalidateQueries({ queryKey: drillsKey }),
  });
}

export function reportAddress(id: string, format: "html" | "md"): string {
  return `/admin/drills/${encodeURIComponent(id)}/report.${format}`;
}

const backup = z.object({
  id: z.string(),
  kind: z.string().nullish(),
  startedAt: z.number().nullish(),
  finishedAt: z.number().nullish(),
  bytes: z.number().nullish(),
  verifiedAt: z.number().nullish(),
});

export type Backup = z.infer<typeof backup>;

export function useBackups() {
  return useQuery({
    queryKey: ["backups"],
    queryFn: async ({ signal }) =>
      (await call(z.object({ backups: z.array(backup) }), "/admin/backups", { signal })).backups,
    refetchInterval: 15_000,
  });
}
