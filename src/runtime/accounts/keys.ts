import { sql, type Transaction } from "kysely";
import type { Scope } from "../../contracts/authority.js";
import type { Actor, Principal } from "../../contracts/credentials.js";
import type { KeyOrder, KeyStatus } from "../../contracts/keys.js";
import { AdminError } from "../admin/index.js";
import { audit } from "./audit.js";
import { requireRoomForKey } from "./bounds.js";
import { endDescendants } from "./endings.js";
import { contains, countOfRows, type Page, type PageRequest, toPage } from "./page.js";
import type { AccountsSchema } from "./schema.js";
import { createId, createToken, hashToken, prefixOf } from "./token.js";

type Open = Transaction<AccountsSchema>;

/** A key as the database stores it, without its hash. */
export interface StoredKey {
  readonly id: string;
  readonly organisation: string;
  readonly user: string | null;
  readonly name: string;
  readonly prefix: string;
  readonly scopes: readonly Scope[];
  readonly models: readonly string[] | null;
  readonly created: Date;
  readonly expires: Date | null;
  readonly revoked: Date | null;
  readonly lastUsed: Date | null;
  readonly status: KeyStatus;
  /** Name of the actor who created it; null for keys of earlier releases. */
  readonly madeBy: string | null;
  /** Id of the session with which it ends. */
  readonly session: string | null;
}

export interface KeyToCreate {
  readonly organisation: string;
  /** The key has no more rights than this user, and is refused if the user is disabled. Null: a key of the organisation itself. */
  readonly user: string | null;
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Null: all models. */
  readonly models: readonly string[] | null;
  readonly expires: Date | null;
  /** Id of the session with which it ends. Null: of none. */
  readonly session: string | null;
}

/** By the clock of the database, which also decides whether a key is valid. */
const STATUS = sql<KeyStatus>`case when revoked is not null then 'revoked' when expires <= now() then 'expired' else 'active' end`;

const KEY_COLUMNS = [
  "id",
  "organisation",
  "user_id as user",
  "name",
  "prefix",
  "scopes",
  "models",
  "created",
  "expires",
  "revoked",
  "last_used as lastUsed",
  "made_by as madeBy",
  "session_id as session",
  STATUS.as("status"),
] as const;

/**
 * Creates a key, in the lock of its organisation. `key` exists only in the result: the database stores its hash.
 * @throws AdminError 409 if the owner has an active key of this name, or if the user or the organisation has too many keys.
 */
export async function createKey(
  open: Open,
  actor: string,
  wanted: KeyToCreate,
): Promise<StoredKey & { readonly key: string }> {
  if (wanted.session === null) await requireFreeName(open, wanted);
  await requireRoomForKey(open, wanted.organisation, wanted.user);
  const key = createToken("kls");
  const row = await open
    .insertInto("api_keys")
    .values({
      id: createId("key"),
      organisation: wanted.organisation,
      user_id: wanted.user,
      name: wanted.name,
      hash: hashToken(key),
      prefix: prefixOf(key),
      scopes: [...new Set(wanted.scopes)],
      models: wanted.models === null ? null : [...wanted.models],
      expires: wanted.expires,
      made_by: actor,
      session_id: wanted.session,
    })
    .returning(KEY_COLUMNS)
    .executeTakeFirstOrThrow();
  const { organisation, name, scopes, models, expires } = row;
  await audit(open, {
    organisation,
    actor,
    act: "key.create",
    subject: row.id,
    detail: { name, scopes, models, expires },
  });
  return { ...row, key };
}

/**
 * Two active keys of one owner with the same name could not be distinguished in usage, nor revoked by name. The name is free again when the key is revoked
 * or expires. Keys that end with a session are exempt: each session of the dashboard has one for its playground. In the lock of the organisation.
 * @throws AdminError 409.
 */
async function requireFreeName(open: Open, { organisation, user, name }: KeyToCreate): Promise<void> {
  const taken = await open
    .selectFrom("api_keys")
    .select("id")
    .where("organisation", "=", organisation)
    .where("user_id", user === null ? "is" : "=", user)
    .where("name", "=", name)
    .where("session_id", "is", null)
    .where(STATUS, "=", "active")
    .executeTakeFirst();
  if (taken) throw new AdminError("key/exists", `there is an active key named ${name} already: ${taken.id}`);
}

/** Filters of a list of keys. Undefined: no filter. */
export interface KeyFilter {
  readonly organisation: string | undefined;
  readonly user: string | undefined;
  readonly status?: KeyStatus | undefined;
  readonly search?: string | undefined;
}

/** What each order sorts by, and its direction. Keys that are alike are ordered by id, so that every row has one place. */
const ORDERS = {
  created: { by: sql`created`, direction: sql`desc`, after: sql`<` },
  name: { by: sql`lower(name)`, direction: sql`asc`, after: sql`>` },
  "last-used": { by: sql`coalesce(last_used, '-infinity')`, direction: sql`desc`, after: sql`<` },
  expires: { by: sql`coalesce(expires, 'infinity')`, direction: sql`asc`, after: sql`>` },
} as const satisfies Record<KeyOrder, unknown>;

/** `organisation` undefined: all that the transaction may read. */
export async function listKeys(
  open: Open,
  of: KeyFilter,
  page: PageRequest,
  order: KeyOrder,
): Promise<Page<StoredKey>> {
  const { status, search = "" } = of;
  const { by, direction, after } = ORDERS[order];
  const listed = open
    .selectFrom("api_keys")
    .$if(of.organisation !== undefined, (query) => query.where("organisation", "=", of.organisation ?? ""))
    .$if(of.user !== undefined, (query) => query.where("user_id", "=", of.user ?? ""))
    .$if(status !== undefined, (query) => query.where(STATUS, "=", status ?? "active"))
    .$if(search !== "", (query) =>
      query.where((or) => or.or(["id", "name", "prefix"].map((column) => contains(column, search)))),
    );
  const { total } = await listed.select(countOfRows).executeTakeFirstOrThrow();
  const rows = await listed
    .select(KEY_COLUMNS)
    .$if(page.after !== undefined, (query) =>
      query.where(sql<boolean>`(${by}, id) ${after} (select ${by}, id from api_keys where id = ${page.after})`),
    )
    .orderBy(sql`${by} ${direction}`)
    .orderBy(sql`id ${direction}`)
    .limit(page.limit + 1)
    .execute();
  return toPage(rows, page, total);
}

/**
 * Revokes a key, and deletes the unused sign-in links that were created with it; with `children`, ends all that was created with it,
 * directly or not. Revoking it again changes nothing.
 * `ownOnly`: the actor may revoke only the keys of this user.
 * @throws AdminError 404 if this transaction sees no such key.
 */
export async function revokeKey(
  open: Open,
  actor: Actor,
  id: string,
  { ownOnly, children }: { readonly ownOnly: string | undefined; readonly children: boolean },
): Promise<StoredKey> {
  const key = await open.selectFrom("api_keys").select(KEY_COLUMNS).where("id", "=", id).forUpdate().executeTakeFirst();
  if (!key || (ownOnly !== undefined && key.user !== ownOnly))
    throw new AdminError("key/unknown", `there is no key ${id}`);
  if (children) await endDescendants(open, actor, id);
  if (key.revoked) return key;
  const revoked = await open
    .updateTable("api_keys")
    .set({ revoked: sql`now()` })
    .where("id", "=", id)
    .returning(KEY_COLUMNS)
    .executeTakeFirstOrThrow();
  await open.deleteFrom("sign_in_links").where("made_by", "=", `key:${id}`).execute();
  await audit(open, { organisation: key.organisation, actor: actor.name, act: "key.revoke", subject: id });
  return revoked;
}

/** The principal of a key that is valid now. Reads all organisations, because the key determines the organisation. */
export async function findPrincipal(open: Open, hash: string): Promise<Principal | undefined> {
  const row = await validKeys(open)
    .select(["api_keys.id", "api_keys.organisation", "api_keys.user_id", "scopes", "models", "expires"])
    .where("hash", "=", hash)
    .executeTakeFirst();
  return (
    row && {
      keyId: row.id,
      organisation: row.organisation,
      user: row.user_id ?? undefined,
      scopes: row.scopes,
      models: row.models ?? undefined,
      expires: row.expires?.getTime(),
    }
  );
}

/** Keys that are neither revoked nor expired and whose user, if any, is not disabled. */
export function validKeys(open: Open) {
  return open
    .selectFrom("api_keys")
    .leftJoin("users", "users.id", "api_keys.user_id")
    .where("revoked", "is", null)
    .where((or) => or.or([or("expires", "is", null), or("expires", ">", sql<Date>`now()`)]))
    .where(sql<boolean>`users.disabled is not true`);
}

/** The names of keys by id, revoked and expired ones included. */
export async function namesOf(open: Open, ids: readonly string[]): Promise<Readonly<Record<string, string>>> {
  if (ids.length === 0) return {};
  const rows = await open
    .selectFrom("api_keys")
    .select(["id", "name"])
    .where("id", "=", sql<string>`any(${[...ids]})`)
    .execute();
  return Object.fromEntries(rows.map(({ id, name }) => [id, name]));
}
