import { randomBytes } from "node:crypto";
import { sql, type Transaction } from "kysely";
import { SCOPES } from "../../contracts/authority.js";
import type { Actor } from "../../contracts/credentials.js";
import { AdminError, hashSession, missingScope } from "../admin/index.js";
import { findActor } from "./actors.js";
import { audit } from "./audit.js";
import { requireRoomForLink, requireRoomForSession } from "./bounds.js";
import { deleteSessions, endSessionsOf } from "./endings.js";
import { holdActor } from "./held-actor.js";
import { lockOrganisation } from "./organisations.js";
import { countOfRows, type Page, type PageRequest, toPage } from "./page.js";
import type { AccountsSchema } from "./schema.js";
import { createId, createToken, hashToken } from "./token.js";
import { lockUser, lockUserIfPresent, requireManageable, requireUnlimited } from "./users.js";

type Open = Transaction<AccountsSchema>;

/** A working day. */
export const SESSION_LIFETIME_MS = 12 * 60 * 60 * 1000;
const LINK_LIFETIME_MS = 10 * 60 * 1000;

export interface SignedIn {
  readonly actor: Actor;
  /** The value of the cookie. The database stores a hash of both halves. */
  readonly token: string;
  readonly proof: string;
  readonly expires: Date;
}

/** Starts a session of an API key. Undefined: the key is invalid. @throws AdminError 403 for one without the scope admin. */
export async function signInByKey(open: Open, key: string): Promise<SignedIn | undefined> {
  const actor = await findActor(open, { kind: "key", hash: hashToken(key) });
  if (!actor) return undefined;
  if (!actor.scopes.includes("admin")) throw missingScope("admin");
  return startSession(open, actor, null);
}

/** Starts a session of a sign-in link, which becomes invalid. Undefined: it is used, expired or of a disabled user. */
export async function signInByLink(open: Open, token: string): Promise<SignedIn | undefined> {
  const hash = hashToken(token);
  const found = await open
    .selectFrom("sign_in_links")
    .select(["user_id", "made_by"])
    .where("hash", "=", hash)
    .executeTakeFirst();
  // Before the link: disabling the user locks them in this order too.
  const user = found && (await lockUserIfPresent(open, found.user_id));
  const used = await open
    .deleteFrom("sign_in_links")
    .where("hash", "=", hash)
    .where("expires", ">", sql<Date>`now()`)
    .executeTakeFirst();
  if (!user || user.disabled || used.numDeletedRows === 0n) return undefined;
  const actor: Actor = {
    name: `user:${user.id}`,
    organisation: user.organisation,
    user: { id: user.id, name: user.name },
    role: user.role,
    scopes: SCOPES,
    operator: user.operator,
  };
  return startSession(open, actor, found.made_by);
}

/** `madeBy`: who created the link with which the actor signs in. */
async function startSession(open: Open, actor: Actor, madeBy: string | null): Promise<SignedIn> {
  await open.deleteFrom("sessions").where("expires", "<", sql<Date>`now()`).execute();
  await open.deleteFrom("sign_in_links").where("expires", "<", sql<Date>`now()`).execute();
  const { organisation } = actor;
  const [user, key] = [actor.user?.id ?? null, actor.keyId ?? null];
  await lockOrganisation(open, organisation);
  await requireRoomForSession(open, { organisation, user, key });
  const token = createToken("kse");
  const proof = randomBytes(32).toString("base64url");
  const expires = new Date(Math.min(Date.now() + SESSION_LIFETIME_MS, actor.expires ?? Number.POSITIVE_INFINITY));
  await open
    .insertInto("sessions")
    .values({
      ...{ id: createId("ses"), hash: hashSession(token, proof), organisation, expires },
      ...{ user_id: user, key_id: key, made_by: madeBy },
    })
    .execute();
  await audit(open, { organisation, actor: actor.name, act: "session.begin", subject: actor.user?.id ?? actor.name });
  return { actor, token, proof, expires };
}

/** Ends the session of the actor, with its keys in every organisation that the actor may see. */
export async function signOut(open: Open, actor: Actor, id: string): Promise<void> {
  const session = await open.selectFrom("sessions").select("id").where("id", "=", id).forUpdate().executeTakeFirst();
  if (session === undefined) return;
  await deleteSessions(open, actor, [id]);
  const { organisation } = actor;
  await audit(open, { organisation, actor: actor.name, act: "session.end", subject: actor.user?.id ?? actor.name });
}

/** A session that has not ended, as the database stores it. */
export interface StoredSession {
  readonly id: string;
  readonly organisation: string;
  readonly user: string | null;
  readonly key: string | null;
  readonly created: Date;
  readonly expires: Date;
}

/** Sessions that have not ended, newest first. Undefined: no filter. */
export async function listSessions(
  open: Open,
  of: { readonly organisation: string | undefined; readonly user: string | undefined },
  page: PageRequest,
): Promise<Page<StoredSession>> {
  const listed = open
    .selectFrom("sessions")
    .where("expires", ">", sql<Date>`now()`)
    .$if(of.organisation !== undefined, (query) => query.where("organisation", "=", of.organisation ?? ""))
    .$if(of.user !== undefined, (query) => query.where("user_id", "=", of.user ?? ""));
  const { total } = await listed.select(countOfRows).executeTakeFirstOrThrow();
  const rows = await listed
    .select(["id", "organisation", "user_id as user", "key_id as key", "created", "expires"])
    .$if(page.after !== undefined, (query) =>
      query.where(sql<boolean>`(created, id) < (select created, id from sessions where id = ${page.after})`),
    )
    .orderBy("created", "desc")
    .orderBy("id", "desc")
    .limit(page.limit + 1)
    .execute();
  return toPage(rows, page, total);
}

/** Ends one session. `ownOnly`: the actor may end only the sessions of this user. Returns how many were ended. */
export async function endSession(
  open: Open,
  actor: Actor,
  id: string,
  ownOnly: string | undefined,
): Promise<{ ended: number }> {
  const found = open.selectFrom("sessions").selectAll().where("id", "=", id);
  const session = await found.executeTakeFirst();
  if (!session || (ownOnly !== undefined && session.user_id !== ownOnly)) return { ended: 0 };
  if (session.user_id !== null && session.user_id !== actor.user?.id)
    requireManageable(actor, await lockUser(open, session.user_id), undefined);
  if (!(await found.forUpdate().executeTakeFirst())) return { ended: 0 };
  await deleteSessions(open, actor, [id]);
  const { organisation, user_id, key_id } = session;
  const subject = user_id ?? `key:${key_id}`;
  await audit(open, { organisation, actor: actor.name, act: "session.end", subject, detail: { session: id } });
  return { ended: 1 };
}

/** Ends all sessions and sign-in links of a user. @throws AdminError 404, 403 for a user whom the actor may not manage. */
export async function endSessionsOfUser(open: Open, actor: Actor, id: string): Promise<{ ended: number }> {
  const user = await lockUser(open, id);
  if (actor.user?.id !== id) requireManageable(actor, user, undefined);
  const detail = await endSessionsOf(open, actor, "user_id", id);
  const { organisation } = user;
  await audit(open, { organisation, actor: actor.name, act: "session.end", subject: id, detail });
  return { ended: detail.sessions };
}

/** Creates a token that signs `userId` in once. Undefined: the actor, or the first user who runs the platform. */
export async function createSignInLink(
  open: Open,
  actor: Actor,
  userId: string | undefined,
): Promise<{ readonly token: string; readonly expires: Date }> {
  const user = await lockUser(open, userId ?? actor.user?.id ?? (await firstOperator(open)));
  await holdActor(open, actor);
  requireManageable(actor, user, undefined);
  requireUnlimited(actor);
  // The session that the link starts has every scope.
  if (SCOPES.some((scope) => !actor.scopes.includes(scope)))
    throw new AdminError("credential/limited", "a key without every scope cannot create a sign-in link", {
      hint: `Use a key with the scopes ${SCOPES.join(", ")}, or sign in.`,
    });
  await requireRoomForLink(open, user.id);
  const token = createToken("kll");
  const expires = new Date(Date.now() + LINK_LIFETIME_MS);
  const { organisation } = user;
  await open
    .insertInto("sign_in_links")
    .values({ hash: hashToken(token), organisation, user_id: user.id, expires, made_by: actor.name })
    .execute();
  await audit(open, { organisation, actor: actor.name, act: "sign-in-link.create", subject: user.id });
  return { token, expires };
}

async function firstOperator(open: Open): Promise<string> {
  const user = await open
    .selectFrom("users")
    .select("id")
    .where("operator", "=", true)
    .where("disabled", "=", false)
    .orderBy("created")
    .limit(1)
    .executeTakeFirst();
  if (!user) throw new AdminError("user/unknown", "no user runs the platform", { hint: "Specify a user." });
  return user.id;
}
