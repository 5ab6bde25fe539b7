import { type Command, Option } from "commander";
import { nonEmptyPath } from "./option-values.js";

/** Confirms an operation that destroys data, for scripts. */
export const YES = new Option("-y, --yes", "do not ask for a confirmation");

/** The formats of results that others may want to verify. */
export const ATTESTED_FORMATS = new Option(
  "--format <format>",
  "output format; in-toto: one unsigned test result (in-toto Statement) per line",
).choices(["text", "json", "in-toto"]);

/** Adds `--data` to a command for a platform on this machine. */
export function addDataOption(command: Command): Command {
  return command.option("--data <directory>", "data directory of the platform (or KEELSON_DATA)", nonEmptyPath);
}

/** Adds `--data` and `-e`, which select one of the platforms on this machine. */
export function addLocalOptions(command: Command): Command {
  return addDataOption(command).option(
    "-e, --environment <name>",
    "environment of the platform, if several of this directory run",
  );
}

/** Adds `--url`, `--key`, `--data` and `-e` to a command that calls the API of a running platform. */
export function addConnectionOptions(command: Command): Command {
  return addLocalOptions(command)
    .addOption(
      new Option(
        "--url <url>",
        "base URL of the platform (or KEELSON_URL); default: the platform running on this machine",
      ).conflicts(["data", "environment"]),
    )
    .option("--key <key>", "API key (or KEELSON_API_KEY, with an address; chat also uses it without one)");
}

/** Adds the options that locate a backup repository, also when no platform runs. */
export function addRepositoryOptions(command: Command): Command {
  return addLocalOptions(command)
    .option(
      "--from <repository>",
      "backup repository: a directory or s3://bucket/prefix (or KEELSON_BACKUPS)",
      nonEmptyPath,
    )
    .option("--identity <file>", "age identity that decrypts the backups", nonEmptyPath);
}

/** Adds `-e` to a command that reads one environment of a platform file. */
export function addEnvironmentOption(command: Command): Command {
  return command.option("-e, --environment <name>", "environment of the platform file (default: its first)");
}

/**
 * Adds the platform file as the first argument. Without it a command reads `./platform.yaml`; a command that runs a platform
 * uses the starter blueprint if there is no such file.
 */
export function addFileArgument(command: Command, purpose: "run" | "read"): Command {
  const otherwise = purpose === "run" ? "platform.yaml if it exists, otherwise starter" : "platform.yaml";
  return command.argument(
    "[file]",
    `platform file, a directory that contains one, or a blueprint (default: ${otherwise})`,
  );
}
