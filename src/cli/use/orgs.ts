import { organisationRoutes } from "../../contracts/routes/accounts.js";
import { callAdmin } from "../platform/admin-api.js";
import { type ConnectionOptions, connect } from "../platform/connection.js";
import { allPages } from "../platform/pages.js";
import { coloursFor } from "../terminal/colours.js";
import { print, printJson, printResult } from "../terminal/output.js";
import { table } from "../terminal/table.js";

export interface OrganisationOptions extends ConnectionOptions {
  readonly name?: string;
  readonly json?: boolean;
}

const paint = coloursFor(process.stdout, process.env);

/** `keelson orgs`. */
export async function listOrganisations(options: OrganisationOptions): Promise<void> {
  const connection = await connect(options);
  const organisations = await allPages(async (after) => {
    const page = await callAdmin(connection, organisationRoutes.listOrganisations, { query: { after } });
    return { items: page.organisations, next: page.next };
  });
  if (options.json) return printJson({ organisations });
  const rows = organisations.map(({ id, name, created }) => [id, name, created.slice(0, 10)]);
  print(table([["ID", "NAME", "CREATED"].map(paint.dim), ...rows], ""));
}

/** `keelson orgs create`. */
export async function createOrganisation(id: string, options: OrganisationOptions): Promise<void> {
  const connection = await connect(options);
  const body = { id, ...(options.name === undefined ? {} : { name: options.name }) };
  const created = await callAdmin(connection, organisationRoutes.createOrganisation, { body });
  printResult(options.json, created, () => `created ${created.id} (${created.name})`);
}
