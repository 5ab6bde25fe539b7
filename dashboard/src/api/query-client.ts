import { QueryCache, QueryClient } from "@tanstack/react-query";
import { ApiError } from "./client.js";
import { sessionKey } from "./session.js";

/** Refused, not found, wrong: asking again gives the same answer. Only silence and overload are worth another try. */
function worthAnotherTry(failures: number, error: Error): boolean {
  const transient = !(error instanceof ApiError) || error.status === 0 || error.status === 429 || error.status >= 502;
  return transient && failures < 2;
}

export const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({
    onError: (error) => {
      // The session ended (it expired, or was revoked): back to the sign-in page, which the session's absence shows.
      if (error instanceof ApiError && error.status === 401) queryClient.setQueryData(sessionKey, null);
    },
  }),
  defaultOptions: {
    queries: { retry: worthAnotherTry, staleTime: 2_000, refetchOnWindowFocus: true },
    mutations: { retry: false },
  },
});
