import type { Command } from "commander";
import { askControl } from "../local/control/client.js";
import { backupSchema, type ListedBackup } from "../recovery/backup/listing.js";
import { addDataOption, type ConnectionOptions, findRunning } from "./connection.js";

interface Options extends ConnectionOptions {
  readonly verify: boolean;
  readonly json?: boolean;
}

export function register(program: Command): void {
  addDataOption(program.command("backup"))
    .description("take a backup of the running platform's database now, and prove it by restoring it")
    .option("--no-verify", "do not restore it: it counts as valid only after a restore")
    .option("--json", "print it as JSON")
    .action(async (options: Options) => {
      const running = await findRunning(options);
      const body = { verify: options.verify };
      const backup = await askControl(running.control, "/backups", backupSchema, { method: "POST", body });
      process.stdout.write(options.json ? `${JSON.stringify(backup)}\n` : `${describe(backup)}\n`);
      if (backup.verification?.valid === false) process.exitCode = 1;
    });
}

/** One backup in words. */
export function describe(backup: ListedBackup): string {
  const { verification } = backup;
  const proof = !verification
    ? "not yet restored to prove it"
    : verification.valid
      ? `valid: restored in ${((verification.restoreMs + verification.replayMs) / 1000).toFixed(1)} s`
      : `NOT VALID: ${verification.findings.join("; ")}`;
  return `${backup.id}  ${readable(backup.bytes)} ${backup.encrypted ? "encrypted" : "not encrypted"}, ${backup.rows} rows in ${backup.tables} tables  ${proof}`;
}

/** Bytes in the unit that reads well, rounded: the exact number is in the JSON. */
function readable(bytes: number): string {
  const units = ["B", "Ki", "Mi", "Gi", "Ti"];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const value = bytes / 1024 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)}${units[power]}`;
}
