import type { Command } from "commander";
import type { UpgradeDatabaseOptions } from "../recover/upgrade-database.js";
import { nonEmptyPath } from "./option-values.js";
import { addLocalOptions } from "./shared-options.js";

export function declareUpgradeDatabase(program: Command): void {
  addLocalOptions(program.command("upgrade-database"))
    .description("upgrade the database of a stopped platform to the bundled major version of PostgreSQL")
    .option(
      "--old-bin <directory>",
      "programs of the old version: postgres, pg_dump, psql (default: an installed package)",
      nonEmptyPath,
    )
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      `
The old server is started, its database is dumped into a new data directory, and every row is compared. The old data directory
is kept.

Example:
  keelson upgrade-database --data .keelson/starter-local --old-bin /usr/lib/postgresql/16/bin`,
    )
    .action(async (options: UpgradeDatabaseOptions) =>
      (await import("../recover/upgrade-database.js")).upgradeDatabaseCommand(options),
    );
}
