import { sql, type Transaction } from "kysely";
import { type Role, SCOPES, type Scope } from "../../contracts/authority.js";
import type { Actor, Credential } from "../../contracts/credentials.js";
import { validKeys } from "./keys.js";
import type { AccountsSchema } from "./schema.js";

type Open = Transaction<AccountsSchema>;

/** The caller that a credential identifies. Reads all organisations, because the credential determines the organisation. */
export function findActor(
  open: Open,
  { kind, hash }: Credential & { readonly kind: "key" | "session" },
): Promise<Actor | undefined> {
  return kind === "key" ? actorOfKey(open, "hash", hash) : actorOfSession(open, hash);
}

/** The holder of the operator token. */
export const OPERATOR_ACTOR: Actor = {
  name: "operator",
  organisation: "default",
  role: "owner",
  scopes: SCOPES,
  operator: true,
};

async function actorOfKey(open: Open, column: "hash" | "id", value: string): Promise<Actor | undefined> {
  const row = await validKeys(open)
    .select([
      ...(["api_keys.id", "api_keys.organisation", "scopes", "models", "expires", "user_id"] as const),
      ...(["users.name", "role", "operator"] as const),
    ])
    .where(`api_keys.${column}`, "=", value)
    .executeTakeFirst();
  return (
    row && {
      name: `key:${row.id}`,
      organisation: row.organisation,
      user: userOf(row),
      keyId: row.id,
      role: row.role ?? roleWithoutUser(row.scopes),
      scopes: row.scopes,
      operator: row.operator ?? false,
      models: row.models ?? undefined,
      expires: row.expires?.getTime(),
    }
  );
}

/** A session of a key has the rights of the key, and becomes invalid with it. */
async function actorOfSession(open: Open, hash: string): Promise<Actor | undefined> {
  const session = await open
    .selectFrom("sessions")
    .leftJoin("users", "users.id", "sessions.user_id")
    .select([
      ...(["sessions.id", "sessions.organisation", "key_id", "user_id", "expires"] as const),
      ...(["users.name", "role", "operator", "disabled"] as const),
    ])
    .where("hash", "=", hash)
    .where("expires", ">", sql<Date>`now()`)
    .executeTakeFirst();
  if (!session || session.disabled) return undefined;
  const { id, expires } = session;
  const ofRequest = { id, expires: expires.getTime() };
  if (session.key_id !== null) {
    const actor = await actorOfKey(open, "id", session.key_id);
    return actor && { ...actor, session: ofRequest };
  }
  const user = userOf(session);
  if (!user || session.role === null) return undefined;
  return {
    name: `user:${user.id}`,
    organisation: session.organisation,
    user,
    role: session.role,
    scopes: SCOPES,
    operator: session.operator ?? false,
    session: ofRequest,
  };
}

function userOf(row: { user_id: string | null; name: string | null }): Actor["user"] {
  return row.user_id === null ? undefined : { id: row.user_id, name: row.name ?? "" };
}

/** A key of the organisation itself has the role admin if it has the scope admin. */
function roleWithoutUser(scopes: readonly Scope[]): Role {
  return scopes.includes("admin") ? "admin" : "member";
}
