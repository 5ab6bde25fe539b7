import type { Command } from "commander";
import type { DeleteOptions, OrganisationOptions } from "../use/orgs.js";
import { addConnectionOptions, YES } from "./shared-options.js";

export function declareOrgs(program: Command): void {
  const orgs = program.command("orgs").description("create, list, rename and delete organisations");

  addConnectionOptions(orgs.command("list"))
    .description("list the organisations that you may see")
    .option("--json", "print them as JSON")
    .action(async (options: OrganisationOptions) => (await import("../use/orgs.js")).listOrganisations(options));

  addConnectionOptions(orgs.command("create"))
    .description("create an organisation")
    .argument("<id>", "short name: lower-case letters, digits and dashes")
    .option("--name <name>", "display name (default: the id)")
    .option("--json", "print the organisation as JSON")
    .action(async (id: string, options: OrganisationOptions) =>
      (await import("../use/orgs.js")).createOrganisation(id, options),
    );

  addConnectionOptions(orgs.command("rename"))
    .description("change the display name of an organisation; its id stays")
    .argument("<organisation>", "id")
    .argument("<name>", "new display name")
    .option("--json", "print the organisation as JSON")
    .action(async (id: string, name: string, options: OrganisationOptions) =>
      (await import("../use/orgs.js")).renameOrganisation(id, name, options),
    );

  addConnectionOptions(orgs.command("delete"))
    .description("delete an organisation permanently: ends its users, sessions and keys; its usage stays")
    .argument("<organisation>", "id")
    .addOption(YES)
    .option("--json", "print the organisation as JSON")
    .action(async (id: string, options: DeleteOptions) =>
      (await import("../use/orgs.js")).deleteOrganisation(id, options),
    );
}
