import { useQuery } from "@tanstack/react-query";
import { sheetAnswer } from "../../../src/runtime/dashboard/promises/answer.js";
import { call } from "./client.js";

export type {
  Availability,
  Cell,
  Latency,
  PlaceOrigin,
  Prediction,
  Remedy,
  Row,
  Runbook,
  Sheet,
  TermOrigin,
  Verdict,
} from "../../../src/runtime/dashboard/promises/answer.js";

const query = {
  queryKey: ["promises"],
  queryFn: ({ signal }: { readonly signal: AbortSignal }) => call(sheetAnswer, "/admin/promises", { signal }),
} as const;

/** The promise sheet, read again now and then: drills elsewhere add measurements. */
export function usePromises() {
  return useQuery({ ...query, refetchInterval: 15_000 });
}

/** What the platform and its environment are called; undefined until the sheet was read once. */
export function usePlatformName(): { readonly platform: string; readonly environment: string } | undefined {
  return useQuery({ ...query, staleTime: Number.POSITIVE_INFINITY }).data;
}
