import { keyRoutes, organisationRoutes, userRoutes } from "../../contracts/routes/accounts.js";
import { callAdmin } from "../platform/admin-api.js";
import { type ConnectionOptions, connect } from "../platform/connection.js";
import { allPages } from "../platform/pages.js";
import { coloursFor } from "../terminal/colours.js";
import { print, printJson, printResult } from "../terminal/output.js";
import { confirm } from "../terminal/questions.js";
import { table } from "../terminal/table.js";

export interface OrganisationOptions extends ConnectionOptions {
  readonly name?: string;
  readonly json?: boolean;
}

export interface DeleteOptions extends OrganisationOptions {
  readonly yes?: boolean;
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

/** `keelson orgs rename`. */
export async function renameOrganisation(id: string, name: string, options: OrganisationOptions): Promise<void> {
  const connection = await connect(options);
  const renamed = await callAdmin(connection, organisationRoutes.changeOrganisation, {
    params: { id },
    body: { name },
  });
  printResult(options.json, renamed, () => `renamed ${renamed.id} to ${renamed.name}`);
}

/** `keelson orgs delete`. */
export async function deleteOrganisation(id: string, options: DeleteOptions): Promise<void> {
  const connection = await connect(options);
  const users = await callAdmin(connection, userRoutes.listUsers, { query: { organisation: id, limit: 1 } });
  const keys = await callAdmin(connection, keyRoutes.listKeys, {
    query: { organisation: id, status: "active", limit: 1 },
  });
  await confirm({
    consequences: [
      `Deletes the organisation ${id} permanently, with ${counted(users.total, "user")} and ${counted(keys.total, "active key")}.`,
      "They stop working at once. Usage and the audit log stay, and the id is not used again.",
    ],
    name: id,
    yes: options.yes,
  });
  const deleted = await callAdmin(connection, organisationRoutes.deleteOrganisation, { params: { id } });
  printResult(options.json, deleted, () => `deleted ${deleted.id} (${deleted.name})`);
}

function counted(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
