import { notifications } from "@mantine/notifications";
import { type QueryClient, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { sessionRoutes } from "../../../src/contracts/routes/accounts.js";
import type { Session, SignIn } from "../../../src/contracts/session.js";
import { ApiError, call } from "./client.js";
import { revokePlaygroundKey } from "./playground-key.js";
import { sessionProof, storeProof } from "./proof.js";
import { clearTabStorage } from "./tab-storage.js";

export type { Session } from "../../../src/contracts/session.js";

const RETRY_INTERVAL_MS = 3_000;

export const SESSION = ["session"] as const;

/** Set while the sign-in page is shown because a session has ended, as opposed to no session at all. */
export const SESSION_ENDED = ["session", "ended"] as const;

export function useSessionEnded(): boolean {
  return useQueryClient().getQueryData(SESSION_ENDED) === true;
}

export function readSession(signal: AbortSignal): Promise<Session> {
  return call(sessionRoutes.currentSession, {}, signal);
}

/** The session of the signed-in user; `null` if there is none. Retried until the platform responds. */
export function useSession() {
  return useQuery({
    queryKey: SESSION,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async ({ signal }): Promise<Session | null> => {
      // Without a session, a request would only make the browser log its 401.
      if (sessionProof() === undefined) return null;
      try {
        return await readSession(signal);
      } catch (error) {
        if (error instanceof ApiError && error.status === 401) return null;
        throw error;
      }
    },
    refetchInterval: ({ state }) => (state.status === "error" ? RETRY_INTERVAL_MS : false),
  });
}

/** Removes what this tab holds of one user, so that the next user does not see it: cached data, conversation and key. */
function forgetUser(client: QueryClient): void {
  client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION[0] });
  clearTabStorage();
}

export function useSignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (credential: SignIn): Promise<Session> => {
      const { proof, ...session } = await call(sessionRoutes.signIn, { body: credential });
      storeProof(proof);
      return session;
    },
    onSuccess: (session) => {
      forgetUser(client);
      client.removeQueries({ queryKey: SESSION_ENDED });
      client.setQueryData(SESSION, session);
    },
  });
}

export function useSignOut() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async () => {
      await revokePlaygroundKey();
      // A request in flight while the session ends would receive a 401.
      await client.cancelQueries();
      try {
        await call(sessionRoutes.signOut, {});
      } catch (error) {
        // The session has already ended.
        if (!(error instanceof ApiError && error.status === 401)) throw error;
      }
    },
    onSuccess: () => {
      storeProof(undefined);
      client.setQueryData(SESSION, null);
      forgetUser(client);
    },
    onError: (error) => notifications.show({ color: "red", title: "Sign-out failed", message: error.message }),
  });
}
