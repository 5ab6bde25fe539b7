import type { Command } from "commander";
import type { RepositoryOptions } from "../recover/backups.js";
import { ATTESTED_FORMATS, addRepositoryOptions } from "./shared-options.js";

export function declareBackups(program: Command): void {
  const backups = addRepositoryOptions(program.command("backups"))
    .description("list the backups and their verification")
    .option("--json", "print them as JSON")
    .addOption(ATTESTED_FORMATS)
    .action(async (options: RepositoryOptions) => (await import("../recover/backups.js")).listBackups(options));

  addRepositoryOptions(backups.command("verify"))
    .description("verify a backup: restore it to a clean directory, start PostgreSQL on it and compare")
    .argument("[id]", "id of the backup, or `latest`", "latest")
    .option("--json", "print the result as JSON")
    .action(async (id: string, _own: RepositoryOptions, command: Command) =>
      (await import("../recover/backups.js")).verifyBackup(id, command.optsWithGlobals<RepositoryOptions>()),
    );
}
