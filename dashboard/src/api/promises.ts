import { useQuery } from "@tanstack/react-query";
import { overviewRoutes } from "../../../src/contracts/routes/dashboard.js";
import { call } from "./client.js";

export type {
  Availability,
  Cell,
  Latency,
  Measured,
  MeasuredLoad,
  PlaceOrigin,
  Prediction,
  Remedy,
  Row,
  Runbook,
  Sheet,
  Term,
  TermOrigin,
  Verdict,
} from "../../../src/contracts/promises.js";

const REFRESH_INTERVAL_MS = 15_000;

/** The promise sheet. It is refreshed, because drills add measurements. */
export function usePromises() {
  return useQuery({
    queryKey: ["promises"],
    queryFn: ({ signal }) => call(overviewRoutes.readPromises, {}, signal),
    refetchInterval: REFRESH_INTERVAL_MS,
  });
}
