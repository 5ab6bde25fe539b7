import type { Command } from "commander";
import type { SuggestOptions } from "../design/suggest.js";
import { addFileArgument } from "./shared-options.js";

export function declareSuggest(program: Command): void {
  addFileArgument(program.command("suggest"), "read")
    .description("find the smallest sets of edits that keep every promise")
    .option("-e, --environment <name>", "keep the promises of this environment (default: of every one)")
    .option("--json", "print the edits and the edited files as JSON")
    .addHelpText(
      "after",
      `
The first set withdraws and relaxes the fewest promises; of two that lower as many, the one that needs fewer nodes, replicas and cores.
Exit code: 0 every promise is kept, 1 a promise is broken or unknown, 2 the file is invalid. No file is written.`,
    )
    .action(async (file: string | undefined, options: SuggestOptions) =>
      (await import("../design/suggest.js")).suggest(file, options),
    );
}
