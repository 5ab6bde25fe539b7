import type { Command } from "commander";
import type { RestoreOptions } from "../recover/restore.js";
import { nonEmptyPath, wholeNumber } from "./option-values.js";
import { addRepositoryOptions, YES } from "./shared-options.js";

export function declareRestore(program: Command): void {
  addRepositoryOptions(program.command("restore"))
    .description("restore a backup: to a new directory (--to), or in place of the running platform's database")
    .argument("<id>", "id of the backup from `keelson backups`, or `latest`")
    .option("--to <directory>", "new data directory for any PostgreSQL server of the backup's version", nonEmptyPath)
    .option(
      "--at <time>",
      "point in time: 2025-11-21T08:01:00Z, or 10m (ten minutes ago); default: the end of the archived WAL",
    )
    .option(
      "--timeline <number>",
      "timeline of the WAL to follow; default: the one that was current at the time, or the newest",
      wholeNumber(1),
    )
    .option(
      "--trust-key <fingerprint>",
      "with an escrow identity and --to: the fingerprint of the platform's authentication key, as `up` prints it",
    )
    .option(
      "--accept-unauthenticated <backup>",
      "restore this backup although nothing proves that the platform has written it (see docs/recovery.md)",
    )
    .addOption(YES)
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      `
Without --to, the command shows which writes are lost and how long the platform is unavailable, and asks for the name of the
platform before it starts.

Examples:
  keelson restore latest --to /tmp/copy        restore to a new directory; the platform is not affected
  keelson restore latest --at 10m              replace the database by its state of ten minutes ago`,
    )
    .action(async (id: string, options: RestoreOptions) =>
      (await import("../recover/restore.js")).restore(id, options),
    );
}
