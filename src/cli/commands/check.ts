import { type Command, Option } from "commander";
import type { CheckOptions } from "../design/check.js";
import { addFileArgument } from "./shared-options.js";

export function declareCheck(program: Command): void {
  addFileArgument(program.command("check"), "read")
    .description("find the promises that this design cannot keep, with the line and the fix")
    .option("-e, --environment <name...>", "only these environments (default: all)")
    .option("--rule <code...>", "only these rules, by code or group: recovery, network/open")
    .addOption(new Option("--format <format>", "output format").choices(["text", "json", "sarif"]).default("text"))
    .option("--json", "same as --format json")
    .option("--strict", "fail on warnings as well")
    .option("--fix", "apply the safe fixes to the file, preserving its comments, and check again")
    .option("--against <version>", "report only what another file, or this file at a Git revision, does not have")
    .option("--list-rules", "list the rules")
    .addHelpText(
      "after",
      `
Exit code: 0 no errors, 1 errors (with --strict: warnings), 2 the file is invalid.

Examples:
  keelson check                         check ./platform.yaml in all environments
  keelson check --format sarif          output for code scanning
  keelson check --against main          only what this change adds
  keelson check --fix                   apply the safe fixes`,
    )
    .action(async (file: string | undefined, options: CheckOptions, command: Command) =>
      (await import("../design/check.js")).check(file, options, command.getOptionValueSource("format") === "cli"),
    );
}
