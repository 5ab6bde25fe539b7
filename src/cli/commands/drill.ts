import { type Command, Option } from "commander";
import { MAX_RATE_PER_SECOND } from "../../recovery/drills/limits.js";
import type { DrillOptions } from "../drill.js";
import { positiveDuration, positiveNumber } from "../option-values.js";
import { DRILL_FAULTS } from "./choices.js";
import { addDataOption } from "./shared-options.js";

export function declareDrill(program: Command): void {
  addDataOption(program.command("drill"))
    .description(
      "inject a fault into the running platform under load, measure its recovery and compare it with the promise",
    )
    .argument("<fault>", `fault: ${DRILL_FAULTS.join(", ")}`)
    .option("--duration <time>", "steady load before the fault and after each recovery, e.g. 10s", positiveDuration)
    .option(
      "--rate <number>",
      `chat requests and writes per second, at most ${MAX_RATE_PER_SECOND}`,
      positiveNumber(MAX_RATE_PER_SECOND),
    )
    .addOption(
      new Option("-f, --file <file>", "drill a temporary platform that is started from this file").conflicts("data"),
    )
    .option("-e, --environment <name>", "environment of that file")
    .option("--json", "print the result as JSON")
    .action(async (fault: string, options: DrillOptions) => (await import("../drill.js")).drill(fault, options));
}
