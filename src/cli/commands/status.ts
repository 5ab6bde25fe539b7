import type { Command } from "commander";
import type { StatusOptions } from "../run/status.js";
import { addLocalOptions } from "./shared-options.js";

export function declareStatus(program: Command): void {
  addLocalOptions(program.command("status"))
    .description("show the platform that runs on this machine: processes, backups, WAL archive")
    .option("--json", "print it as JSON")
    .action(async (options: StatusOptions) => (await import("../run/status.js")).status(options));
}
