import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { backupRoutes } from "../../../src/contracts/routes/dashboard.js";
import { call } from "./client.js";

export type { ListedBackup as Backup, RequestedWork } from "../../../src/contracts/backups.js";
export type { RecoveryReport } from "../../../src/contracts/recovery.js";

const BACKUPS = ["backups"] as const;
const RECOVERY = ["recovery"] as const;

export function useBackups() {
  return useQuery({
    queryKey: BACKUPS,
    queryFn: ({ signal }) => call(backupRoutes.listBackups, {}, signal),
    refetchInterval: 15_000,
  });
}

/** The state of backups and of the WAL archive. It is read every second while requested work runs. */
export function useRecovery() {
  return useQuery({
    queryKey: RECOVERY,
    queryFn: ({ signal }) => call(backupRoutes.readRecovery, {}, signal),
    refetchInterval: ({ state }) => (state.data?.backups.requested?.state === "running" ? 1_000 : 10_000),
  });
}

/** Reads the list of backups again, for example when requested work has finished. */
export function useReadBackupsAgain(): () => void {
  const client = useQueryClient();
  return () => void client.invalidateQueries({ queryKey: BACKUPS });
}

export function useStartBackup() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => call(backupRoutes.startBackup, { body: { verify: true } }),
    onSettled: () => client.invalidateQueries({ queryKey: RECOVERY }),
  });
}

export function useStartVerification() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => call(backupRoutes.startVerification, { params: { id } }),
    onSettled: () => client.invalidateQueries({ queryKey: RECOVERY }),
  });
}
