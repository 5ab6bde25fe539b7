import { sql, type Transaction } from "kysely";
import { includesRole, type Role } from "../../contracts/authority.js";
import type { Actor } from "../../contracts/credentials.js";
import { AdminError } from "../admin/index.js";
import { isDuplicate } from "../database/client.js";
import { audit } from "./audit.js";
import { contains, countOfRows, type Page, type PageRequest, toPage } from "./page.js";
import type { AccountsSchema } from "./schema.js";
import { createId } from "./token.js";

type Open = Transaction<AccountsSchema>;

/** A user as the database stores it. */
export interface StoredUser {
  readonly id: string;
  readonly organisation: string;
  readonly name: string;
  readonly role: Role;
  readonly operator: boolean;
  readonly disabled: boolean;
  readonly created: Date;
}

const USER_COLUMNS = ["id", "organisation", "name", "role", "operator", "disabled", "created"] as const;

export interface NewUser {
  readonly organisation: string;
  readonly name: string;
  readonly role: Role;
  readonly operator: boolean;
}

/** @throws AdminError 409 if the organisation already has a user with this name. */
export async function createUser(open: Open, actor: string, wanted: NewUser): Promise<StoredUser> {
  const user = await open
    .insertInto("users")
    .values({ id: createId("usr"), ...wanted })
    .returning(USER_COLUMNS)
    .executeTakeFirstOrThrow()
    .catch((error: unknown) => {
      if (!isDuplicate(error)) throw error;
      throw new AdminError(
        "user/exists",
        `the organisation ${wanted.organisation} already has a user named ${wanted.name}`,
      );
    });
  const { organisation, name, role } = user;
  await audit(open, { organisation, actor, act: "user.create", subject: user.id, detail: { name, role } });
  return user;
}

/** Filters of a list of users. Undefined: no filter. */
export interface UserFilter {
  readonly search?: string | undefined;
  readonly role?: Role | undefined;
  readonly status?: "active" | "disabled" | undefined;
}

/** Oldest first. `organisation` undefined: all that the transaction may read. */
export async function listUsers(
  open: Open,
  organisation: string | undefined,
  page: PageRequest & UserFilter,
): Promise<Page<StoredUser>> {
  const { search = "", role, status } = page;
  const listed = open
    .selectFrom("users")
    .$if(organisation !== undefined, (query) => query.where("organisation", "=", organisation ?? ""))
    .$if(search !== "", (query) => query.where((or) => or.or([contains("id", search), contains("name", search)])))
    .$if(role !== undefined, (query) => query.where("role", "=", role ?? "member"))
    .$if(status !== undefined, (query) => query.where("disabled", "=", status === "disabled"));
  const { total } = await listed.select(countOfRows).executeTakeFirstOrThrow();
  const rows = await listed
    .select(USER_COLUMNS)
    .$if(page.after !== undefined, (query) =>
      query.where(sql<boolean>`(created, id) > (select created, id from users where id = ${page.after})`),
    )
    .orderBy("created")
    .orderBy("id")
    .limit(page.limit + 1)
    .execute();
  return toPage(rows, page, total);
}

/** @throws AdminError 404 if this transaction sees no such user. */
export async function findUser(open: Open, id: string): Promise<StoredUser> {
  const user = await open.selectFrom("users").select(USER_COLUMNS).where("id", "=", id).forUpdate().executeTakeFirst();
  if (!user) throw new AdminError("user/unknown", `there is no user ${id}`);
  return user;
}

export interface UserChange {
  readonly role?: Role | undefined;
  readonly disabled?: boolean | undefined;
}

/**
 * Changes a user's role, or disables a user. A changed user signs in again: all sessions and sign-in links are deleted. Disabling
 * also revokes all keys, permanently: enabling the user again does not bring them back.
 * @throws AdminError 403 if the actor's role does not allow it, 409 if the organisation would have no owner left.
 */
export async function changeUser(open: Open, actor: Actor, id: string, change: UserChange): Promise<StoredUser> {
  // Two owners who demote each other at the same time must not both succeed: the lock on the organisation orders them.
  const { organisation } = await findUser(open, id);
  await open.selectFrom("organisations").select("id").where("id", "=", organisation).forUpdate().execute();
  const user = await findUser(open, id);
  requireManageable(actor, user, change.role);
  const next = { role: change.role ?? user.role, disabled: change.disabled ?? user.disabled };
  // Both grant rights that outlast the credential; disabling only takes rights away.
  if (next.role !== user.role || (user.disabled && !next.disabled)) requireUnlimited(actor);
  if (user.role === "owner" && !user.disabled && (next.role !== "owner" || next.disabled))
    await requireAnotherOwner(open, user);
  const changed = await open
    .updateTable("users")
    .set(next)
    .where("id", "=", id)
    .returning(USER_COLUMNS)
    .executeTakeFirstOrThrow();
  const changes = next.role !== user.role || next.disabled !== user.disabled;
  const ended = changes ? await endSessionsOf(open, id) : { sessions: 0, links: 0 };
  const keys = next.disabled && !user.disabled ? await revokeKeysOf(open, id) : 0;
  const detail = { ...next, ended: { ...ended, keys } };
  await audit(open, { organisation, actor: actor.name, act: "user.change", subject: id, detail });
  return changed;
}

/** Deletes all sessions and sign-in links of a user; returns their numbers. */
export async function endSessionsOf(open: Open, userId: string): Promise<{ sessions: number; links: number }> {
  const sessions = await open.deleteFrom("sessions").where("user_id", "=", userId).executeTakeFirst();
  const links = await open.deleteFrom("sign_in_links").where("user_id", "=", userId).executeTakeFirst();
  return { sessions: Number(sessions.numDeletedRows), links: Number(links.numDeletedRows) };
}

async function revokeKeysOf(open: Open, userId: string): Promise<number> {
  const { numUpdatedRows } = await open
    .updateTable("api_keys")
    .set({ revoked: sql`now()` })
    .where("user_id", "=", userId)
    .where("revoked", "is", null)
    .executeTakeFirst();
  return Number(numUpdatedRows);
}

/**
 * Users, roles and sign-in links outlast the credential that creates them. A key that expires, or that is limited to some
 * models, must not obtain lasting or wider rights through them.
 * @throws AdminError 403.
 */
export function requireUnlimited({ keyId, models, expires }: Actor): void {
  if (keyId !== undefined && (models !== undefined || expires !== undefined))
    throw new AdminError("credential/limited", "a key that expires or is limited to some models cannot do this", {
      hint: "Use a key without these limits, or sign in.",
    });
}

/**
 * Actors manage users and roles up to their own; users who run the platform are managed only by each other.
 * @throws AdminError 403.
 */
export function requireManageable(
  actor: Actor,
  user: Pick<StoredUser, "role" | "operator">,
  role: Role | undefined,
): void {
  if (user.operator && !actor.operator)
    throw new AdminError("user/operator", "only users who run the platform may manage users who run the platform");
  if (!includesRole(actor.role, user.role) || (role !== undefined && !includesRole(actor.role, role)))
    throw new AdminError("role/too-low", `the role ${actor.role} may not manage or create owners`);
}

async function requireAnotherOwner(open: Open, removed: StoredUser): Promise<void> {
  const other = await open
    .selectFrom("users")
    .select("id")
    .where("organisation", "=", removed.organisation)
    .where("role", "=", "owner")
    .where("disabled", "=", false)
    .where("id", "<>", removed.id)
    .limit(1)
    .executeTakeFirst();
  if (!other) throw new AdminError("user/last-owner", `${removed.name} is the last owner of ${removed.organisation}`);
}
