import type { Command } from "commander";
import type { PlanOptions } from "../design/plan.js";
import { addEnvironmentOption, addFileArgument } from "./shared-options.js";

export function declarePlan(program: Command): void {
  addEnvironmentOption(addFileArgument(program.command("plan"), "read"))
    .description("show the plan of a platform file: units, models, stores, calls and promises, with every default")
    .option("--explain [path]", "show the origin of each value at and below a path, e.g. services.gateway")
    .option("--json", "print the plan (or the origins) as JSON")
    .action(async (file: string | undefined, options: PlanOptions) =>
      (await import("../design/plan.js")).plan(file, options),
    );
}
