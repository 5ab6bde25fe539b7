import type { Command } from "commander";
import type { PromisesOptions } from "../design/promises.js";
import { nonEmptyPath } from "./option-values.js";
import { addEnvironmentOption, addFileArgument } from "./shared-options.js";

export function declarePromises(program: Command): void {
  addEnvironmentOption(addFileArgument(program.command("promises"), "read"))
    .description("show the promise sheet: promised, predicted and measured recovery for every fault")
    .option("--explain <fault[/subject]>", "show the terms, alert, runbook and drill of a fault")
    .option("--data <directory>", "data directory with drill results", nonEmptyPath)
    .option("--json", "print the sheet as JSON")
    .addHelpText(
      "after",
      "\nExit code: 0 every promise is kept, 1 a promise is broken or unknown, 2 the file is invalid.",
    )
    .action(async (file: string | undefined, options: PromisesOptions) =>
      (await import("../design/promises.js")).promises(file, options),
    );
}
