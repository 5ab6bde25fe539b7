import { Argument, type Command } from "commander";
import type { CurrentValues } from "../completion/current-values.js";
import { CURRENT_VALUES } from "./choices.js";

/** Called by the completion scripts, so it is not in the list of commands. */
export function declareComplete(program: Command): void {
  program
    .command("complete", { hidden: true })
    .description("print the current values of one kind for shell completion")
    .addArgument(new Argument("<kind>", "kind of value").choices(CURRENT_VALUES))
    .argument("[words...]", "words of the command line so far")
    .action(async (kind: CurrentValues, words: readonly string[]) =>
      (await import("../completion/current-values.js")).complete(kind, words),
    );
}
