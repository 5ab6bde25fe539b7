import type { Command } from "commander";
import type { DrillsOptions } from "../recover/drills.js";
import { ATTESTED_FORMATS, addLocalOptions } from "./shared-options.js";

export function declareDrills(program: Command): void {
  const drills = addLocalOptions(program.command("drills"))
    .description("list the drills that have run, with their results")
    .option("--json", "print them as JSON")
    .addOption(ATTESTED_FORMATS)
    .action(async (options: DrillsOptions) => (await import("../recover/drills.js")).listDrills(options));

  addLocalOptions(drills.command("show"))
    .description("show the result of one drill")
    .argument("<id>", "id of the drill in the list")
    .option("--json", "print the result as JSON")
    .action(async (id: string, _own: DrillsOptions, command: Command) =>
      (await import("../recover/drills.js")).showDrill(id, command.optsWithGlobals<DrillsOptions>()),
    );
}
