import type { Command } from "commander";
import type { UpOptions } from "../run/up.js";
import { nonEmptyPath, wholeNumber } from "./option-values.js";
import { addEnvironmentOption, addFileArgument } from "./shared-options.js";

export function declareUp(program: Command): void {
  addEnvironmentOption(addFileArgument(program.command("up"), "run"))
    .description("run a platform on this machine: PostgreSQL, the modules and the engine")
    .option("--port <number>", "port of the gateway and the dashboard", wholeNumber(1, 65_535), 8800)
    .option(
      "--host <address>",
      "listen address; any address but loopback opens the platform to your network",
      "127.0.0.1",
    )
    .option(
      "--data <directory>",
      "data directory (or KEELSON_DATA); default .keelson/<platform>-<environment>",
      nonEmptyPath,
    )
    .option(
      "--backups <repository>",
      "directory or s3://bucket/prefix for backups (or KEELSON_BACKUPS); default: in the data directory",
      nonEmptyPath,
    )
    .option("--split", "run one process per unit of the platform file, as in production")
    .option("--detach", "return when the platform is ready; stop it with `keelson down`")
    .option("--json", "print the addresses as JSON")
    .addHelpText(
      "after",
      `
Examples:
  keelson up                            run the starter blueprint
  keelson up platform.yaml --detach     run your platform in the background
  keelson up platform.yaml -e staging   run another environment of the file`,
    )
    .action(async (file: string | undefined, options: UpOptions) => (await import("../run/up.js")).up(file, options));
}
