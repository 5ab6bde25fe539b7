import type { Command } from "commander";
import type { OrganisationOptions } from "../use/orgs.js";
import { addConnectionOptions } from "./shared-options.js";

export function declareOrgs(program: Command): void {
  const orgs = program.command("orgs").description("create and list organisations");

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
}
