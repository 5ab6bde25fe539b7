import type { Command } from "commander";
import type { VersionOptions } from "../start/versions.js";

export function declareVersion(program: Command): void {
  program
    .command("version")
    .description("print the versions of Keelson, Node.js, PostgreSQL and the operating system")
    .option("--json", "print them as JSON")
    .action(async (options: VersionOptions) => (await import("../start/versions.js")).versions(options));
}
