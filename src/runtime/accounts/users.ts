import { sql, type Transaction } from "kysely";
import { includesRole, type Role } from "../../contracts/authority.js";
import type { Actor } from "../../contracts/credentials.js";
import type { UserStatus } from "../../contracts/organisations.js";
import { AdminError } from "../admin/index.js";
import { isDuplicate } from "../database/client.js";
import { audit } from "./audit.js";
import { requireRoomForUser } from "./bounds.js";
import { endCredentials, endSessionsOf } from "./endings.js";
import { holdActor } from "./held-actor.js";
import { lockOrganisation } from "./organisations.js";
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
  /** Deleted users are disabled. */
  readonly deleted: Date | null;
}

const USER_COLUMNS = ["id", "organisation", "name", "role", "operator", "disabled", "created", "deleted"] as const;

export interface NewUser {
  readonly organisation: string;
  readonly name: string;
  readonly role: Role;
  readonly operator: boolean;
}

/**
 * Creates a user, in the lock of the organisation.
 * @throws AdminError 409 if the organisation already has a user with this name, or too many users.
 */
export async function createUser(open: Open, actor: string, wanted: NewUser): Promise<StoredUser> {
  await requireRoomForUser(open, wanted.organisation);
  const user = await open
    .insertInto("users")
    .values({ id: createId("usr"), ...wanted })
    .returning(USER_COLUMNS)
    .executeTakeFirstOrThrow()
    .catch(nameInUse(wanted));
  const { organisation, name, role } = user;
  await audit(open, { organisation, actor, act: "user.create", subject: user.id, detail: { name, role } });
  return user;
}

/** Handles the error of a query that gives a user a name. */
function nameInUse({ organisation, name }: { readonly organisation: string; readonly name: string }) {
  return (error: unknown): never => {
    if (!isDuplicate(error)) throw error;
    throw new AdminError("user/exists", `the organisation ${organisation} already has a user named ${name}`);
  };
}

/** Filters of a list of users. Undefined: no filter; without a status, deleted users are left out. */
export interface UserFilter {
  readonly search?: string | undefined;
  readonly role?: Role | undefined;
  readonly status?: UserStatus | undefined;
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
    .where("deleted", status === "deleted" ? "is not" : "is", null)
    .$if(status === "active" || status === "disabled", (query) => query.where("disabled", "=", status === "disabled"));
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

/**
 * A user, locked until the end of the transaction, after the user's organisation: what the transaction decides by its rows stays true.
 * @throws AdminError 404 if this transaction sees no such user, or a deleted one.
 */
export async function lockUser(open: Open, id: string): Promise<StoredUser> {
  const user = await lockUserIfPresent(open, id);
  if (!user) throw new AdminError("user/unknown", `there is no user ${id}`);
  return user;
}

/** As `lockUser`; undefined if there is no such user. */
export async function lockUserIfPresent(open: Open, id: string): Promise<StoredUser | undefined> {
  const found = open.selectFrom("users").select(USER_COLUMNS).where("id", "=", id).where("deleted", "is", null);
  const seen = await found.executeTakeFirst();
  if (seen === undefined) return undefined;
  await lockOrganisation(open, seen.organisation);
  return found.forUpdate().executeTakeFirst();
}

export interface UserChange {
  readonly name?: string | undefined;
  readonly role?: Role | undefined;
  readonly disabled?: boolean | undefined;
}

/**
 * Renames a user, changes the role, or disables the user. After the last two the user signs in again: all sessions and sign-in links
 * are deleted. Disabling also revokes all keys, permanently: enabling the user again does not bring them back.
 * @throws AdminError 403 if the actor's role does not allow it, 409 if the organisation would have no owner left or has a user of that name.
 */
export async function changeUser(open: Open, actor: Actor, id: string, change: UserChange): Promise<StoredUser> {
  // Two owners who demote each other at the same time must not both succeed: the lock on the organisation orders them.
  const user = await lockUser(open, id);
  await holdActor(open, actor);
  const { organisation } = user;
  requireManageable(actor, user, change.role);
  const next = {
    name: change.name ?? user.name,
    role: change.role ?? user.role,
    disabled: change.disabled ?? user.disabled,
  };
  // Both grant rights that outlast the credential; disabling only takes rights away.
  if (next.role !== user.role || (user.disabled && !next.disabled)) requireUnlimited(actor);
  if (user.role === "owner" && !user.disabled && (next.role !== "owner" || next.disabled))
    await requireAnotherOwner(open, user);
  const changed = await open
    .updateTable("users")
    .set(next)
    .where("id", "=", id)
    .returning(USER_COLUMNS)
    .executeTakeFirstOrThrow()
    .catch(nameInUse({ organisation, name: next.name }));
  const changes = next.role !== user.role || next.disabled !== user.disabled;
  const ended =
    next.disabled && !user.disabled
      ? await endCredentials(open, actor, "user_id", id)
      : { ...(changes ? await endSessionsOf(open, actor, "user_id", id) : { sessions: 0, links: 0 }), keys: 0 };
  const detail = { ...next, ...(next.name !== user.name && { previous: user.name }), ended };
  await audit(open, { organisation, actor: actor.name, act: "user.change", subject: id, detail });
  return changed;
}

/**
 * Deletes a user with all credentials, permanently. The row stays, because keys and the audit log refer to it; its name is free again.
 * @throws AdminError 403 if the actor's role does not allow it, 409 if the organisation would have no owner left.
 */
export async function deleteUser(open: Open, actor: Actor, id: string): Promise<StoredUser> {
  const user = await lockUser(open, id);
  await holdActor(open, actor);
  requireManageable(actor, user, undefined);
  if (user.role === "owner" && !user.disabled) await requireAnotherOwner(open, user);
  const deleted = await open
    .updateTable("users")
    .set({ deleted: sql`now()`, disabled: true })
    .where("id", "=", id)
    .returning(USER_COLUMNS)
    .executeTakeFirstOrThrow();
  const { organisation, name } = user;
  const detail = { name, ended: await endCredentials(open, actor, "user_id", id) };
  await audit(open, { organisation, actor: actor.name, act: "user.delete", subject: id, detail });
  return deleted;
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
