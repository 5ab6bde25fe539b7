import { useQuery } from "@tanstack/react-query";
import { overviewRoutes } from "../../../src/contracts/routes/dashboard.js";
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
} from "../../../src/contracts/promises.js";

const query = {
  queryKey: ["promises"],
  queryFn: ({ signal }: { readonly signal: AbortSignal }) => call(overviewRoutes.readPromises, {}, signal),
} as const;

/** The promise sheet. It is refreshed, because drills add measurements. */
export function usePromises() {
  return useQuery({ ...query, refetchInterval: 15_000 });
}

/** Names of the platform and its environment; undefined until the sheet is loaded. */
export function usePlatformName(): { readonly platform: string; readonly environment: string } | undefined {
  return useQuery({ ...query, staleTime: Number.POSITIVE_INFINITY }).data;
}
