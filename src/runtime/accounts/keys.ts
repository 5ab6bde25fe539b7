import { sql, type Transaction } from "kysely";
import type { Scope } from "../../contracts/authority.js";
import type { Actor, Principal } from "../../contracts/credentials.js";
import { AdminError } from "../admin/index.js";
import { audit } from "./audit.js";
import { countOfRows, type Page, type PageRequest, toPage } from "./page.js";
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
}

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
] as const;

/** Creates a key. `key` exists only in the result: the database stores its hash. */
export async function createKey(
  open: Open,
  actor: string,
  wanted: KeyToCreate,
): Promise<StoredKey & { readonly key: string }> {
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

/** Newest first. `organisation` undefined: all that the transaction may read; `user`: only keys of this user. */
export async function listKeys(
  open: Open,
  of: { readonly organisation: string | undefined; readonly user: string | undefined },
  page: PageRequest,
): Promise<Page<StoredKey>> {
  const listed = open
    .selectFrom("api_keys")
    .$if(of.organisation !== undefined, (query) => query.where("organisation", "=", of.organisation ?? ""))
    .$if(of.user !== undefined, (query) => query.where("user_id", "=", of.user ?? ""));
  const { total } = await listed.select(countOfRows).executeTakeFirstOrThrow();
  const rows = await listed
    .select(KEY_COLUMNS)
    .$if(page.after !== undefined, (query) =>
      query.where(sql<boolean>`(created, id) < (select created, id from api_keys where id = ${page.after})`),
    )
    .orderBy("created", "desc")
    .orderBy("id", "desc")
    .limit(page.limit + 1)
    .execute();
  return toPage(rows, page, total);
}

/**
 * Revokes a key. Revoking it again changes nothing.
 * @throws AdminError 404 if this transaction sees no such key.
 */
export async function revokeKey(open: Open, actor: Actor, id: string, ownOnly: string | undefined): Promise<StoredKey> {
  const key = await open.selectFrom("api_keys").select(KEY_COLUMNS).where("id", "=", id).forUpdate().executeTakeFirst();
  if (!key || (ownOnly !== undefined && key.user !== ownOnly))
    throw new AdminError(404, "key/unknown", `there is no key ${id}`);
  if (key.revoked) return key;
  const revoked = await open
    .updateTable("api_keys")
    .set({ revoked: sql`now()` })
    .where("id", "=", id)
    .returning(KEY_COLUMNS)
    .executeTakeFirstOrThrow();
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
