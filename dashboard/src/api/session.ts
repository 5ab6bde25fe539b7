import { notifications } from "@mantine/notifications";
import { type QueryClient, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { z } from "zod";
import { ApiError, act, call } from "./client.js";

const named = z.union([
  z.string(),
  z.object({ name: z.string().optional(), id: z.string().optional(), email: z.string().optional() }),
]);

const session = z.object({
  user: named.nullish(),
  organisation: named.nullish(),
  role: z.string(),
});

export interface Session {
  readonly user: string;
  readonly organisation: string;
  readonly role: string;
}

function readable(value: z.infer<typeof named> | null | undefined): string {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : (value.name ?? value.email ?? value.id ?? "");
}

function toSession(answer: z.infer<typeof session>): Session {
  return { user: readable(answer.user), organisation: readable(answer.organisation), role: answer.role };
}

export const sessionKey = ["session"] as const;

/** Whether this page was asked for with a session's cookie, which scripts cannot see. Told by the server in the page. */
function cookieCame(): boolean {
  return document.querySelector<HTMLMetaElement>("meta[name='keelson-session']")?.content !== "absent";
}

/** Set while the sign-in page is shown because a session came to its end, and not because there was none. */
export const sessionEndedKey = ["session", "ended"] as const;

export function useSessionEnded(): boolean {
  return useQueryClient().getQueryData(sessionEndedKey) === true;
}

export async function readSession(signal: AbortSignal): Promise<Session> {
  return toSession(await call(session, "/admin/session", { signal }));
}

/** The signed-in user; `null` when nobody is. Asked again by itself until there is an answer. */
export function useSession() {
  return useQuery({
    queryKey: sessionKey,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async ({ signal }): Promise<Session | null> => {
      if (!cookieCame()) return null;
      try {
        return await readSession(signal);
      } catch (error) {
        if (error instanceof ApiError && error.status === 401) return null;
        throw error;
      }
    },
    refetchInterval: ({ state }) => (state.status === "error" ? 3_000 : false),
  });
}

/** What one person saw must not be there for the next. */
function forgetAllBut(client: QueryClient, kept: string): void {
  client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== kept });
}

export type Credential = { readonly key: string } | { readonly token: string };

export function useSignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (credential: Credential) =>
      toSession(await call(session, "/admin/session", { method: "POST", body: credential })),
    onSuccess: (signedIn) => {
      forgetAllBut(client, sessionKey[0]);
      client.removeQueries({ queryKey: sessionEndedKey });
      client.setQueryData(sessionKey, signedIn);
    },
  });
}

export function useSignOut() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async () => {
      try {
        await act("/admin/session", { method: "DELETE" });
      } catch (error) {
        // Over already: that is what was wanted.
        if (!(error instanceof ApiError && error.status === 401)) throw error;
      }
    },
    onSuccess: () => {
      client.setQueryData(sessionKey, null);
      forgetAllBut(client, sessionKey[0]);
    },
    onError: (error) => notifications.show({ color: "red", title: "Still signed in", message: error.message }),
  });
}
