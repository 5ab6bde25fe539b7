import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { verifyRanges } from "../../../src/contracts/audit-ranges.js";
import { auditRoutes } from "../../../src/contracts/routes/accounts.js";
import { call } from "./client.js";

export type { AuditEntry } from "../../../src/contracts/audit.js";

const REFRESH_INTERVAL_MS = 15_000;

export interface AuditQuery {
  readonly search: string | undefined;
  readonly organisation: string | undefined;
  /** Id of the last entry of the page before; undefined for the first page. */
  readonly before: number | undefined;
  readonly limit: number;
}

/** A page of the audit log, newest entries first. */
export function useAudit(query: AuditQuery) {
  return useQuery({
    queryKey: ["audit", query],
    queryFn: ({ signal }) => call(auditRoutes.readAudit, { query }, signal),
    placeholderData: keepPreviousData,
    refetchInterval: REFRESH_INTERVAL_MS,
  });
}

/** Recomputes the hash chains of an organisation, or of all. */
export function useVerifyAudit() {
  return useMutation({
    mutationFn: (organisation: string | undefined) =>
      verifyRanges((after) => call(auditRoutes.verifyAudit, { query: { organisation, after } }), 0),
  });
}
