import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { KeyOrder, KeyStatus, NewKey } from "../../../src/contracts/keys.js";
import { keyRoutes } from "../../../src/contracts/routes/accounts.js";
import { call } from "./client.js";

export type { Scope } from "../../../src/contracts/authority.js";
export type { CreatedKey, Key, KeyOrder, KeyStatus } from "../../../src/contracts/keys.js";

const KEYS = ["keys"] as const;
const REFRESH_INTERVAL_MS = 15_000;

export interface KeysQuery {
  readonly search: string | undefined;
  readonly status: KeyStatus | undefined;
  readonly organisation: string | undefined;
  readonly order: KeyOrder;
  readonly after: string | undefined;
  readonly limit: number;
}

/** A page of the keys that match. */
export function useKeys(query: KeysQuery) {
  return useQuery({
    queryKey: [...KEYS, query],
    queryFn: ({ signal }) => call(keyRoutes.listKeys, { query }, signal),
    placeholderData: keepPreviousData,
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
  return call(keyRoutes.revokeKey, { params: { id }, query: {} });
}

export function useRevokeKey() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: revokeKey,
    onSuccess: () => client.invalidateQueries({ queryKey: KEYS }),
  });
}
