import { useQuery } from "@tanstack/react-query";
import { ApiError } from "./client.js";
import { readSession } from "./session.js";

export const HEARTBEAT = ["heartbeat"] as const;

const INTERVAL_MS = 10_000;
/** After a failure, until the platform responds again. */
const RETRY_INTERVAL_MS = 2_000;

/** Why the platform cannot serve its pages now. */
export interface Unavailable {
  /** There was no response at all. */
  readonly silent: boolean;
  readonly message: string;
  /** Time of the last response in epoch milliseconds; 0 if there was none. */
  readonly since: number;
}

/**
 * Checks whether the platform is available, whatever page is open: some pages send no requests of their own. An ended session
 * is detected by every failed call (`query-client.ts`).
 */
export function useUnavailable(): Unavailable | undefined {
  const { error, dataUpdatedAt } = useQuery({
    queryKey: HEARTBEAT,
    queryFn: ({ signal }) => readSession(signal),
    refetchInterval: ({ state }) => (state.status === "error" ? RETRY_INTERVAL_MS : INTERVAL_MS),
    retry: false,
  });
  if (!isUnavailable(error)) return undefined;
  return { silent: error.status === 0, message: error.message, since: dataUpdatedAt };
}

/** No response, or one of a proxy whose upstream is unreachable. */
function isUnavailable(error: Error | null): error is ApiError {
  return error instanceof ApiError && (error.status === 0 || (error.status >= 502 && error.status <= 504));
}
