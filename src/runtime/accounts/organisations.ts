import { sql, type Transaction } from "kysely";
import type { Actor } from "../../contracts/credentials.js";
import type { OrganisationStatus } from "../../contracts/organisations.js";
import { AdminError } from "../admin/index.js";
import { isDuplicate } from "../database/client.js";
import { OPERATOR_ACTOR } from "./actors.js";
import { audit } from "./audit.js";
import { endCredentials } from "./endings.js";
import { contains, countOfRows, type Page, type PageRequest, toPage } from "./page.js";
import type { AccountsSchema } from "./schema.js";

type Open = Transaction<AccountsSchema>;

export interface Organisation {
  readonly id: string;
  readonly name: string;
  readonly created: Date;
  readonly deleted: Date | null;
}

/** @throws AdminError 409 if the id is in use. */
export async function createOrganisation(
  open: Open,
  actor: string,
  wanted: { id: string; name: string },
): Promise<Organisation> {
  const organisation = await open
    .insertInto("organisations")
    .values(wanted)
    .returningAll()
    .executeTakeFirstOrThrow()
    .catch((error: unknown) => {
      if (!isDuplicate(error)) throw error;
      throw new AdminError("organisation/exists", `the organisation ${wanted.id} exists, or was deleted`);
    });
  const { id, name } = organisation;
  await audit(open, { organisation: id, actor, act: "organisation.create", subject: id, detail: { name } });
  return organisation;
}

/** Changes the display name. The id, under which usage is recorded, stays. @throws AdminError 404. */
export async function renameOrganisation(open: Open, actor: Actor, id: string, name: string): Promise<Organisation> {
  const { name: previous } = await lockOrganisation(open, id);
  const renamed = await open
    .updateTable("organisations")
    .set({ name })
    .where("id", "=", id)
    .returningAll()
    .executeTakeFirstOrThrow();
  const detail = { name, previous };
  await audit(open, { organisation: id, actor: actor.name, act: "organisation.change", subject: id, detail });
  return renamed;
}

/**
 * Deletes an organisation with its users and credentials. Its rows stay: usage and the audit log refer to them.
 * @throws AdminError 404; 409 for the organisation of the users who run the platform.
 */
export async function deleteOrganisation(open: Open, actor: Actor, id: string): Promise<Organisation> {
  await lockOrganisation(open, id);
  if (id === OPERATOR_ACTOR.organisation)
    throw new AdminError("organisation/of-operators", `${id} is the organisation of the users who run the platform`);
  const { numUpdatedRows: users } = await open
    .updateTable("users")
    .set({ deleted: sql`now()`, disabled: true })
    .where("organisation", "=", id)
    .where("deleted", "is", null)
    .executeTakeFirst();
  const ended = { users: Number(users), ...(await endCredentials(open, actor, "organisation", id)) };
  const deleted = await open
    .updateTable("organisations")
    .set({ deleted: sql`now()` })
    .where("id", "=", id)
    .returningAll()
    .executeTakeFirstOrThrow();
  const detail = { name: deleted.name, ended };
  await audit(open, { organisation: id, actor: actor.name, act: "organisation.delete", subject: id, detail });
  return deleted;
}

/**
 * An organisation that no other transaction changes or extends meanwhile: what this one counts in it and decides by it stays true.
 * @throws AdminError 404 if this transaction sees no such organisation, or a deleted one.
 */
export async function lockOrganisation(open: Open, id: string): Promise<Organisation> {
  const row = await open
    .selectFrom("organisations")
    .selectAll()
    .where("id", "=", id)
    .where("deleted", "is", null)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (row === undefined) throw new AdminError("organisation/unknown", `there is no organisation ${id}`);
  return row;
}

/** The organisations that the transaction may read, oldest first. */
export async function listOrganisations(
  open: Open,
  page: PageRequest & { readonly search?: string | undefined; readonly status: OrganisationStatus },
): Promise<Page<Organisation>> {
  const { search = "", status } = page;
  const listed = open
    .selectFrom("organisations")
    .where("deleted", status === "deleted" ? "is not" : "is", null)
    .$if(search !== "", (query) => query.where((or) => or.or([contains("id", search), contains("name", search)])));
  const { total } = await listed.select(countOfRows).executeTakeFirstOrThrow();
  const rows = await listed
    .selectAll()
    .$if(page.after !== undefined, (query) =>
      query.where(sql<boolean>`(created, id) > (select created, id from organisations where id = ${page.after})`),
    )
    .orderBy("created")
    .orderBy("id")
    .limit(page.limit + 1)
    .execute();
  return toPage(rows, page, total);
}
