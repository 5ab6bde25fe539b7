import type { Command } from "commander";
import type { RenderOptions } from "../deploy/render.js";
import { TARGETS } from "./choices.js";
import { nonEmptyPath } from "./option-values.js";
import { addEnvironmentOption, addFileArgument } from "./shared-options.js";

export function declareRender(program: Command): void {
  addEnvironmentOption(addFileArgument(program.command("render"), "read"))
    .description(`render the platform as files for ${TARGETS.join(" or ")}`)
    .requiredOption("-t, --target <name>", `target: ${TARGETS.join(", ")}`)
    .option("-o, --output <directory>", "write the files to this directory (default: print them)", nonEmptyPath)
    .option("--diff", "show the differences to the output directory and change nothing; exit code 1 if there are any")
    .option("--force", "overwrite files that were changed by hand")
    .option("--json", "print the result as JSON")
    .action(async (file: string | undefined, options: RenderOptions) =>
      (await import("../deploy/render.js")).render(file, options),
    );
}
