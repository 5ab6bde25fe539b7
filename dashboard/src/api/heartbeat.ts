import { useQuery } from "@tanstack/react-query";
import { ApiError } from "./client.js";
import { readSession } from "./session.js";

export const heartbeatKey = ["heartbeat"] as const;

/** Asked at once after a failure, and often until there is an answer. */
const often = 2_000;
const seldom = 10_000;

/** Why the platform cannot serve its pages now, in its own words as far as it has any. */
export interface Away {
  /** Whether anything answered at all. */
  readonly silent: boolean;
  readonly message: string;
  /** When there was last an answer, in epoch milliseconds; 0 when there was none. */
  readonly since: number;
}

/**
 * Whether the platform is there and knows this session, whatever page is open: some pages ask for nothing by themselves.
 * That a session ended is seen by what every failed call does (`query-client.ts`).
 */
export function useAway(): Away | undefined {
  const { error, dataUpdatedAt } = useQuery({
    queryKey: heartbeatKey,
    queryFn: ({ signal }) => readSession(signal),
    refetchInterval: ({ state }) => (state.status === "error" ? often : seldom),
    retry: false,
  });
  if (!isAway(error)) return undefined;
  return { silent: error.status === 0, message: error.message, since: dataUpdatedAt };
}

/** No answer, or one that says that what should answer is not there. */
function isAway(error: Error | null): error is ApiError {
  return error instanceof ApiError && (error.status === 0 || (error.status >= 502 && error.status <= 504));
}
