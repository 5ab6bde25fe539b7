import { QueryCache, QueryClient } from "@tanstack/react-query";
import { ApiError } from "./client.js";
import { HEARTBEAT } from "./heartbeat.js";
import { discardPlaygroundKey } from "./playground-key.js";
import { SESSION, SESSION_ENDED } from "./session.js";

/** Only failed connections and overload are transient: an invalid or forbidden request would fail again. */
function shouldRetry(failures: number, error: Error): boolean {
  const transient = !(error instanceof ApiError) || error.status === 0 || error.status === 429 || error.status >= 502;
  return transient && failures < 2;
}

/** Whether the last heartbeat failed. */
let unavailable = false;
const own: ReadonlySet<unknown> = new Set([HEARTBEAT[0], SESSION[0]]);

export const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({
    onError: (error, query) => {
      if (query.queryKey[0] === HEARTBEAT[0]) unavailable = true;
      if (!(error instanceof ApiError && error.status === 401)) return;
      // The session has expired or was revoked. Without a session, the application shows the sign-in page.
      if (queryClient.getQueryData(SESSION)) queryClient.setQueryData(SESSION_ENDED, true);
      discardPlaygroundKey();
      queryClient.setQueryData(SESSION, null);
    },
    onSuccess: (_, query) => {
      if (query.queryKey[0] !== HEARTBEAT[0] || !unavailable) return;
      unavailable = false;
      // Queries have failed and data may have changed meanwhile.
      void queryClient.invalidateQueries({ predicate: ({ queryKey }) => !own.has(queryKey[0]) });
    },
  }),
  defaultOptions: {
    // The platform may run on this machine, so it is reachable while the browser is offline.
    queries: { retry: shouldRetry, staleTime: 2_000, refetchOnWindowFocus: true, networkMode: "always" },
    mutations: { retry: false, networkMode: "always" },
  },
});
