import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { z } from "zod";
import { act, call } from "./client.js";

const time = z.union([z.number(), z.string()]).transform((value, context) => {
  const at = typeof value === "number" ? value : Date.parse(value);
  if (Number.isFinite(at)) return at;
  context.addIssue({ code: "custom", message: "is not a time" });
  return z.NEVER;
});

const key = z.object({
  id: z.string(),
  name: z.string(),
  prefix: z.string(),
  scopes: z.array(z.string()),
  models: z.array(z.string()).nullish(),
  organisation: z.string(),
  created: time,
  expires: time.nullish(),
  revoked: time.nullish(),
  lastUsed: time.nullish(),
});

const createdKey = z.object({ id: z.string(), key: z.string() });

export type Key = z.infer<typeof key>;
export type CreatedKey = z.infer<typeof createdKey>;
export type Scope = "inference" | "admin" | "usage";

export interface NewKey {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Undefined: every model. */
  readonly models?: readonly string[];
  /** Epoch milliseconds; undefined: never. */
  readonly expires?: number;
}

const keysKey = ["keys"] as const;

export function useKeys(enabled = true) {
  return useQuery({
    enabled,
    queryKey: keysKey,
    queryFn: async ({ signal }) => (await call(z.object({ keys: z.array(key) }), "/admin/keys", { signal })).keys,
    refetchInterval: 15_000,
  });
}

/** Makes a key; the answer holds it whole, this once. */
export function createKey(wanted: NewKey): Promise<CreatedKey> {
  const { expires, ...rest } = wanted;
  return call(createdKey, "/admin/keys", {
    method: "POST",
    body: { ...rest, ...(expires === undefined ? {} : { expires: new Date(expires).toISOString() }) },
  });
}

export function useCreateKey() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: createKey,
    onSuccess: () => client.invalidateQueries({ queryKey: keysKey }),
  });
}

export function useRevokeKey() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => act(`/admin/keys/${encodeURIComponent(id)}`, { method: "DELETE" }),
    onSuccess: () => client.invalidateQueries({ queryKey: keysKey }),
  });
}
