import { sql, type Transaction } from "kysely";
import { AdminError } from "../admin/index.js";
import { isDuplicate } from "../database/client.js";
import { audit } from "./audit.js";
import { contains, countOfRows, type Page, type PageRequest, toPage } from "./page.js";
import type { AccountsSchema } from "./schema.js";

type Open = Transaction<AccountsSchema>;

export interface Organisation {
  readonly id: string;
  readonly name: string;
  readonly created: Date;
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
      throw new AdminError("organisation/exists", `the organisation ${wanted.id} already exists`);
    });
  const { id, name } = organisation;
  await audit(open, { organisation: id, actor, act: "organisation.create", subject: id, detail: { name } });
  return organisation;
}

/** The organisations that the transaction may read, oldest first. */
export async function listOrganisations(
  open: Open,
  page: PageRequest & { readonly search?: string | undefined },
): Promise<Page<Organisation>> {
  const { search = "" } = page;
  const listed = open
    .selectFrom("organisations")
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

/** @throws AdminError 404 if this transaction sees no such organisation. */
export async function existingOrganisation(open: Open, id: string): Promise<void> {
  const row = await open.selectFrom("organisations").select("id").where("id", "=", id).executeTakeFirst();
  if (!row) throw new AdminError("organisation/unknown", `there is no organisation ${id}`);
}
