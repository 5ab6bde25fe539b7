import { sql, type Transaction } from "kysely";
import type { Actor } from "../../contracts/credentials.js";
import { AdminError } from "../admin/index.js";
import type { AccountsSchema } from "./schema.js";

/**
 * Keeps the credential of an actor valid until the end of the transaction. What the transaction creates is therefore committed before
 * the credential is revoked, and is revoked with it, or is not created. The transaction must see the rows of the actor, and
 * has locked the organisation that it changes: a revocation locks that first too.
 * @throws AdminError 401 if the key was revoked, the user disabled or the session ended since the request was authenticated.
 */
export async function holdActor(open: Transaction<AccountsSchema>, { keyId, user, session }: Actor): Promise<void> {
  if (user !== undefined) {
    const query = open.selectFrom("users").select("id").where("id", "=", user.id).where("disabled", "=", false);
    if (!(await query.forShare().executeTakeFirst()))
      throw new AdminError("credential/invalid", `the user ${user.id} has been disabled`);
  }
  if (keyId !== undefined) {
    const query = open.selectFrom("api_keys").select("id").where("id", "=", keyId).where("revoked", "is", null);
    if (!(await query.forShare().executeTakeFirst()))
      throw new AdminError("credential/invalid", `the API key ${keyId} has been revoked`);
  }
  if (session !== undefined) {
    const query = open.selectFrom("sessions").select("id").where("id", "=", session.id);
    if (!(await query.where("expires", ">", sql<Date>`now()`).forShare().executeTakeFirst()))
      throw new AdminError("session/ended", "this session has been ended");
  }
}
