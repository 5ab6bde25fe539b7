import { z } from "zod";
import { createKey, revokeKey } from "./keys.js";
import { readTab, writeTab } from "./tab-storage.js";

const NAME = "playground-key";
const LIFETIME_MS = 3_600_000;
const MIN_REMAINING_LIFETIME_MS = 60_000;

const stored = z.object({ id: z.string(), key: z.string(), expires: z.number() });

/** A creation in progress: requests that are sent together share one key. */
let creating: Promise<string> | undefined;

/**
 * The key of the playground: created at its first request, with the scope inference and a lifetime of one hour. It is kept
 * for this tab, so that a reload creates no other, and becomes invalid with the session.
 */
export function playgroundKey(): Promise<string> {
  const known = readTab(NAME, stored);
  if (known && known.expires - Date.now() > MIN_REMAINING_LIFETIME_MS) return Promise.resolve(known.key);
  creating ??= create().finally(() => {
    creating = undefined;
  });
  return creating;
}

async function create(): Promise<string> {
  const expires = Date.now() + LIFETIME_MS;
  const { id, key } = await createKey({
    name: "playground",
    scopes: ["inference"],
    expires: new Date(expires).toISOString(),
    endsWithSession: true,
  });
  writeTab(NAME, { id, key, expires });
  return key;
}

/** Forgets a key that the platform no longer accepts, or whose session has ended. */
export function discardPlaygroundKey(): void {
  writeTab(NAME, undefined);
}

/** Before sign-out: revokes the key. One that cannot be revoked now becomes invalid with the session. */
export async function revokePlaygroundKey(): Promise<void> {
  const known = readTab(NAME, stored);
  discardPlaygroundKey();
  if (known) await revokeKey(known.id).catch(() => undefined);
}
