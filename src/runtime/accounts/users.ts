import type { Transaction } from "kysely";
import { AdminError, atLeast } from "../admin/index.js";
import { isDuplicate } from "../database/client.js";
import { audit } from "./audit.js";
import type { Actor, Role } from "./client.js";
import type { AccountsSchema } from "./schema.js";
import { createId } from "./token.js";

type Open = Transaction<AccountsSchema>;

export interface User {
  readonly id: string;
  readonly organisation: string;
  readonly name: string;
  readonly role: Role;
  readonly operator: boolean;
  readonly disabled: boolean;
  readonly created: Date;
}

const userColumns = ["id", "organisation", "name", "role", "operator", "disabled", "created"] as const;

export interface NewUser {
  readonly organisation: string;
  readonly name: string;
  readonly role: Role;
  readonly operator: boolean;
}

/** @throws AdminError 409 when the organisation has a user of that name. */
export async function createUser(open: Open, actor: string, wanted: NewUser): Promise<User> {
  const user = await open
    .insertInto("users")
    .values({ id: createId("usr"), ...wanted })
    .returning(userColumns)
    .executeTakeFirstOrThrow()
    .catch((error: unknown) => {
      if (!isDuplicate(error)) throw error;
      throw new AdminError(409, "user/exists", `${wanted.organisation} has a user called ${wanted.name} already`);
    });
  const { organisation, name, role } = user;
  await audit(open, { organisation, actor, act: "user.create", subject: user.id, detail: { name, role } });
  return user;
}

export async function listUsers(open: Open, organisation: string | undefined, limit: number): Promise<User[]> {
  return open
    .selectFrom("users")
    .select(userColumns)
    .$if(organisation !== undefined, (query) => query.where("organisation", "=", organisation ?? ""))
    .orderBy("created")
    .orderBy("id")
    .limit(limit)
    .execute();
}

/** @throws AdminError 404 when this transaction sees no such user. */
export async function findUser(open: Open, id: string): Promise<User> {
  const user = await open.selectFrom("users").select(userColumns).where("id", "=", id).forUpdate().executeTakeFirst();
  if (!user) throw new AdminError(404, "user/unknown", `there is no user ${id}`);
  return user;
}

export interface UserChange {
  readonly role?: Role | undefined;
  readonly disabled?: boolean | undefined;
}

/**
 * Changes a role, or disables a user: sessions and keys of a disabled user are refused at once.
 * @throws AdminError 403 when the actor's role does not reach so far, 409 when nobody would own the organisation any more.
 */
export async function changeUser(open: Open, actor: Actor, id: string, change: UserChange): Promise<User> {
  // Two owners who demote each other at once must not both succeed: the organisation's row makes them take turns.
  const { organisation } = await findUser(open, id);
  await open.selectFrom("organisations").select("id").where("id", "=", organisation).forUpdate().execute();
  const user = await findUser(open, id);
  mayManage(actor, user, change.role);
  const next = { role: change.role ?? user.role, disabled: change.disabled ?? user.disabled };
  if (user.role === "owner" && !user.disabled && (next.role !== "owner" || next.disabled))
    await keepAnOwner(open, user);
  const changed = await open
    .updateTable("users")
    .set(next)
    .where("id", "=", id)
    .returning(userColumns)
    .executeTakeFirstOrThrow();
  await audit(open, { organisation, actor: actor.name, act: "user.change", subject: id, detail: next });
  return changed;
}

/** Nobody gives or takes more than they have; who runs the platform is managed by such people only. */
export function mayManage(actor: Actor, user: Pick<User, "role" | "operator">, role: Role | undefined): void {
  if (user.operator && !actor.operator)
    throw new AdminError(403, "user/operator", "only those who run the platform manage those who do");
  if (!atLeast(actor, user.role) || (role !== undefined && !atLeast(actor, role)))
    throw new AdminError(403, "role/too-low", `a ${actor.role} cannot manage an owner, nor make one`);
}

async function keepAnOwner(open: Open, leaving: User): Promise<void> {
  const other = await open
    .selectFrom("users")
    .select("id")
    .where("organisation", "=", leaving.organisation)
    .where("role", "=", "owner")
    .where("disabled", "=", false)
    .where("id", "<>", leaving.id)
    .limit(1)
    .executeTakeFirst();
  if (!other)
    throw new AdminError(409, "user/last-owner", `${leaving.name} is the last owner of ${leaving.organisation}`);
}
