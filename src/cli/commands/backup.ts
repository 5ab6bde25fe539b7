import type { Command } from "commander";
import type { BackupOptions } from "../recover/backup.js";
import { addLocalOptions } from "./shared-options.js";

export function declareBackup(program: Command): void {
  addLocalOptions(program.command("backup"))
    .description("back up the running platform's database now, and verify the backup by restoring it")
    .option("--no-verify", "do not restore it; only a restored backup counts as valid")
    .option("--json", "print the backup as JSON")
    .action(async (options: BackupOptions) => (await import("../recover/backup.js")).backup(options));
}
