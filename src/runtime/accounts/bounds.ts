import { sql, type Transaction } from "kysely";
import { AdminError } from "../admin/index.js";
import type { AccountsSchema } from "./schema.js";

type Open = Transaction<AccountsSchema>;

/** Valid API keys of one user. */
const MAX_KEYS_OF_USER = 1_000;
/** Valid API keys of one organisation. */
const MAX_KEYS = 10_000;
/** Browser sessions of one user, or of one API key, at the same time. */
const MAX_SESSIONS_OF_ONE = 100;
/** Browser sessions of one organisation at the same time. */
const MAX_SESSIONS = 10_000;
/** Sign-in links of one user that are neither used nor expired. */
const MAX_LINKS_OF_USER = 100;
/** Users of one organisation, disabled ones included. */
const MAX_USERS = 10_000;

/** Whether there is room for one more key. In the lock of the organisation. @throws AdminError 409. */
export async function requireRoomForKey(open: Open, organisation: string, user: string | null): Promise<void> {
  const valid = () =>
    open
      .selectFrom("api_keys")
      .where("organisation", "=", organisation)
      .where("revoked", "is", null)
      .where((or) => or.or([or("expires", "is", null), or("expires", ">", sql<Date>`now()`)]))
      .select((count) => count.fn.countAll<number>().as("rows"));
  const hint = "Revoke keys that are not used any more: `keelson keys list`, ordered by their last use, shows which.";
  if (user !== null)
    requireRoom(await valid().where("user_id", "=", user).executeTakeFirstOrThrow(), MAX_KEYS_OF_USER, {
      ...{ code: "key/too-many", what: `the user ${user} has`, things: "valid keys", hint },
    });
  requireRoom(await valid().executeTakeFirstOrThrow(), MAX_KEYS, {
    ...{ code: "key/too-many", what: `the organisation ${organisation} has`, things: "valid keys", hint },
  });
}

/**
 * Whether there is room for one more session. A user and each of the user's keys have sessions of their own: a holder of one of
 * the keys cannot keep the user from signing in. In the lock of the organisation. @throws AdminError 409.
 */
export async function requireRoomForSession(
  open: Open,
  of: { readonly organisation: string; readonly user: string | null; readonly key: string | null },
): Promise<void> {
  const sessions = () =>
    open
      .selectFrom("sessions")
      .where("organisation", "=", of.organisation)
      .where("expires", ">", sql<Date>`now()`)
      .select((count) => count.fn.countAll<number>().as("rows"));
  const hint =
    "Sign out where you do not need it any more: `DELETE /admin/users/:id/sessions` signs a user out everywhere.";
  const own =
    of.key === null
      ? sessions().where("user_id", "=", of.user).where("key_id", "is", null)
      : sessions().where("key_id", "=", of.key);
  requireRoom(await own.executeTakeFirstOrThrow(), MAX_SESSIONS_OF_ONE, {
    ...{ code: "session/too-many", what: of.key === null ? `the user ${of.user} has` : `the key ${of.key} has` },
    ...{ things: "sessions", hint },
  });
  requireRoom(await sessions().executeTakeFirstOrThrow(), MAX_SESSIONS, {
    ...{ code: "session/too-many", what: `the organisation ${of.organisation} has`, things: "sessions", hint },
  });
}

/** Whether there is room for one more sign-in link. In the lock of the organisation. @throws AdminError 409. */
export async function requireRoomForLink(open: Open, user: string): Promise<void> {
  const links = await open
    .selectFrom("sign_in_links")
    .where("user_id", "=", user)
    .where("expires", ">", sql<Date>`now()`)
    .select((count) => count.fn.countAll<number>().as("rows"))
    .executeTakeFirstOrThrow();
  requireRoom(links, MAX_LINKS_OF_USER, {
    ...{ code: "link/too-many", what: `the user ${user} has`, things: "unused sign-in links" },
    hint: "Use one of them, or wait: a link expires after ten minutes.",
  });
}

/** Whether there is room for one more user. In the lock of the organisation. @throws AdminError 409. */
export async function requireRoomForUser(open: Open, organisation: string): Promise<void> {
  const users = await open
    .selectFrom("users")
    .where("organisation", "=", organisation)
    .where("deleted", "is", null)
    .select((count) => count.fn.countAll<number>().as("rows"))
    .executeTakeFirstOrThrow();
  requireRoom(users, MAX_USERS, {
    ...{ code: "user/too-many", what: `the organisation ${organisation} has`, things: "users" },
    hint: "Delete users who are not needed any more: `DELETE /admin/users/:id`.",
  });
}

interface Bound {
  readonly code: "key/too-many" | "session/too-many" | "link/too-many" | "user/too-many";
  readonly what: string;
  readonly things: string;
  readonly hint: string;
}

function requireRoom({ rows }: { readonly rows: number }, max: number, { code, what, things, hint }: Bound): void {
  if (Number(rows) >= max) throw new AdminError(code, `${what} ${max} ${things}, which is the maximum`, { hint });
}
