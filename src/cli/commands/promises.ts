import { type Command, Option } from "commander";
import type { PromisesOptions } from "../design/promises.js";
import { nonEmptyPath } from "./option-values.js";
import { addEnvironmentOption, addFileArgument } from "./shared-options.js";

export function declarePromises(program: Command): void {
  addEnvironmentOption(addFileArgument(program.command("promises"), "read"))
    .description("show the promise sheet: promised, predicted and measured recovery for every fault")
    .option(
      "--explain <fault[/subject]>",
      "show the terms, alert, runbook and drill of a fault; or of availability, latency, firstToken",
    )
    .option("--tree", "with --explain: as a tree of what each promise depends on, with lines of the file")
    .option("--data <directory>", "data directory with drill results", nonEmptyPath)
    .option("--against <version>", "show what differs from another file, or from this file at a Git revision")
    .option("--what-if <path=value...>", "show what edits of the file would change, without writing it")
    .addOption(
      new Option("--format <format>", "output format").choices(["text", "json", "markdown", "openslo", "sarif"]),
    )
    .option("--json", "same as --format json")
    .addHelpText(
      "after",
      `
Exit code: 0 every promise is kept, 1 a promise is broken or unknown, 2 the file is invalid.
With --against or --what-if: 0 no promise is lost, 1 a promise that was kept is broken or unknown now.

Examples:
  keelson promises --explain database-loss              the terms of a fault
  keelson promises --explain deletion --tree             what its promises depend on
  keelson promises --explain availability/gateway       what a request needs, in series
  keelson promises --explain latency/gateway --tree      what a latency depends on
  keelson promises --against main --format markdown     a comment for a review
  keelson promises --format openslo > slos.yaml         availability and latency for tools that read OpenSLO
  keelson promises --what-if stores.database.standby=another-zone -e production
  keelson promises --what-if 'outside["api.example.com"].availability=99%'`,
    )
    .action(async (file: string | undefined, options: PromisesOptions) =>
      (await import("../design/promises.js")).promises(file, options),
    );
}
