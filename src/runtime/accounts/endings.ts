import { type RawBuilder, sql, type Transaction } from "kysely";
import type { Actor } from "../../contracts/credentials.js";
import { auditAll } from "./audit.js";
import type { AccountsSchema } from "./schema.js";

/*
 * What ends because something else has ended: the keys of a session or of a disabled user, and what was created with a key.
 */

type Open = Transaction<AccountsSchema>;

/**
 * Revokes the valid keys that match a condition, with an entry of the audit log for each. `why`: the detail of these entries, by
 * default the session of the key. Returns how many.
 */
async function revokeAlong(
  open: Open,
  { name: actor }: Actor,
  condition: RawBuilder<unknown>,
  why?: Readonly<Record<string, string>>,
): Promise<number> {
  const revoked = await open
    .updateTable("api_keys")
    .set({ revoked: sql`now()` })
    .where("revoked", "is", null)
    .where((or) => or.or([or("expires", "is", null), or("expires", ">", sql<Date>`now()`)]))
    .where(sql<boolean>`${condition}`)
    .returning(["id", "organisation", "session_id"])
    .execute();
  await auditAll(
    open,
    revoked.map(({ id, organisation, session_id }) => ({
      ...{ organisation, actor, act: "key.revoke", subject: id, detail: why ?? { session: session_id } },
    })),
  );
  return revoked.length;
}

/**
 * Ends what was created with a key: keys, keys that were created with those, and sign-in links and their sessions. The loop ends
 * when nothing is left: `revokeAlong` waits for transactions that are creating keys, whose keys the next round finds.
 */
export async function endDescendants(open: Open, actor: Actor, id: string): Promise<void> {
  const descendants = sql`
    with recursive descendants (id) as (
      select id from api_keys where made_by = ${`key:${id}`}
      union select child.id from api_keys child join descendants on child.made_by = 'key:' || descendants.id
    )
    select id from descendants`;
  const why = { madeWith: id };
  while ((await revokeAlong(open, actor, sql`id in (${descendants})`, why)) > 0);
  const makers = sql<string>`(select 'key:' || id from (${descendants}) made union select ${`key:${id}`})`;
  await open.deleteFrom("sign_in_links").where("made_by", "in", makers).execute();
  const sessions = await open
    .selectFrom("sessions")
    .select(["id", "organisation", "user_id"])
    .where("made_by", "in", makers)
    .forUpdate()
    .execute();
  await deleteSessions(open, actor, sessions.map(idOf));
  await auditAll(
    open,
    sessions.map(({ id: session, organisation, user_id }) => ({
      ...{ organisation, actor: actor.name, act: "session.end", subject: user_id ?? session },
      detail: { session, ...why },
    })),
  );
}

/** Whose credentials end: the column that refers to a user or an organisation. */
type Holder = "user_id" | "organisation";

/** Deletes all sessions, with their keys, and sign-in links of a user or an organisation; returns their numbers. */
export async function endSessionsOf(
  open: Open,
  actor: Actor,
  holder: Holder,
  id: string,
): Promise<{ readonly sessions: number; readonly links: number }> {
  const sessions = await open.selectFrom("sessions").select("id").where(holder, "=", id).forUpdate().execute();
  await deleteSessions(open, actor, sessions.map(idOf));
  const links = await open.deleteFrom("sign_in_links").where(holder, "=", id).executeTakeFirst();
  return { sessions: sessions.length, links: Number(links.numDeletedRows) };
}

/**
 * Ends all sessions and sign-in links of a user or an organisation, revokes all keys, and deletes the unused links that those have
 * created for others; returns their numbers.
 */
export async function endCredentials(
  open: Open,
  actor: Actor,
  holder: Holder,
  id: string,
): Promise<{ readonly sessions: number; readonly links: number; readonly keys: number }> {
  const ended = await endSessionsOf(open, actor, holder, id);
  const why = holder === "user_id" ? { user: id } : { organisation: id };
  const keys = await revokeAlong(open, actor, sql`${sql.ref(holder)} = ${id}`, why);
  const made = sql<string>`select 'key:' || id from api_keys where ${sql.ref(holder)} = ${id}`;
  const makers = sql<string>`(${made} union select ${`user:${id}`})`;
  const links = await open.deleteFrom("sign_in_links").where("made_by", "in", makers).executeTakeFirst();
  return { ...ended, links: ended.links + Number(links.numDeletedRows), keys };
}

/** Deletes sessions that the transaction has locked, and revokes the keys that end with them. */
export async function deleteSessions(open: Open, actor: Actor, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const any = sql<string>`any(${[...ids]})`;
  await revokeAlong(open, actor, sql`session_id = ${any}`);
  await open.deleteFrom("sessions").where("id", "=", any).execute();
}

function idOf({ id }: { readonly id: string }): string {
  return id;
}
