import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { Key, NewKey } from "../../../src/contracts/keys.js";
import { keyRoutes } from "../../../src/contracts/routes/accounts.js";
import { call } from "./client.js";

export type { Scope } from "../../../src/contracts/authority.js";
export type { CreatedKey, Key } from "../../../src/contracts/keys.js";

const KEYS = ["keys"] as const;
const REFRESH_INTERVAL_MS = 15_000;

/** The keys of all pages of the list. */
async function readKeys(signal: AbortSignal): Promise<readonly Key[]> {
  const keys: Key[] = [];
  for (let after: string | undefined; ; ) {
    const page = await call(keyRoutes.listKeys, { query: { after } }, signal);
    keys.push(...page.keys);
    if (page.next === null) return keys;
    after = page.next;
  }
}

export function useKeys(enabled = true) {
  return useQuery({
    enabled,
    queryKey: KEYS,
    queryFn: ({ signal }) => readKeys(signal),
    refetchInterval: REFRESH_INTERVAL_MS,
  });
}

/** Creates a key. Only this response contains the key itself. */
export function createKey(body: NewKey) {
  return call(keyRoutes.createKey, { body });
}

export function useCreateKey() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: createKey,
    onSuccess: () => client.invalidateQueries({ queryKey: KEYS }),
  });
}

export function revokeKey(id: string) {
  return call(keyRoutes.revokeKey, { params: { id } });
}

export function useRevokeKey() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: revokeKey,
    onSuccess: () => client.invalidateQueries({ queryKey: KEYS }),
  });
}
