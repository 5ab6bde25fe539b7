import { QueryCache, QueryClient } from "@tanstack/react-query";
import { ApiError } from "./client.js";
import { heartbeatKey } from "./heartbeat.js";
import { sessionEndedKey, sessionKey } from "./session.js";

/** Refused, not found, wrong: asking again gives the same answer. Only silence and overload are worth another try. */
function worthAnotherTry(failures: number, error: Error): boolean {
  const transient = !(error instanceof ApiError) || error.status === 0 || error.status === 429 || error.status >= 502;
  return transient && failures < 2;
}

/** Whether the last heartbeat failed. */
let away = false;
const own: ReadonlySet<unknown> = new Set([heartbeatKey[0], sessionKey[0]]);

export const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({
    onError: (error, query) => {
      if (query.queryKey[0] === heartbeatKey[0]) away = true;
      if (!(error instanceof ApiError && error.status === 401)) return;
      // The session ended (it expired, or was revoked): back to the sign-in page, which the session's absence shows.
      if (queryClient.getQueryData(sessionKey)) queryClient.setQueryData(sessionEndedKey, true);
      queryClient.setQueryData(sessionKey, null);
    },
    onSuccess: (_, query) => {
      if (query.queryKey[0] !== heartbeatKey[0] || !away) return;
      away = false;
      // What failed meanwhile, and what may have changed: all that is shown is read anew.
      void queryClient.invalidateQueries({ predicate: ({ queryKey }) => !own.has(queryKey[0]) });
    },
  }),
  defaultOptions: {
    // A laptop without a network still reaches the platform that runs on it: what the browser calls offline stops nothing.
    queries: { retry: worthAnotherTry, staleTime: 2_000, refetchOnWindowFocus: true, networkMode: "always" },
    mutations: { retry: false, networkMode: "always" },
  },
});
