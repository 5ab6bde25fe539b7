import { type Command, Option } from "commander";
import { MAX_RATE_PER_SECOND } from "../../recovery/drills/limits.js";
import type { DrillOptions } from "../recover/drill.js";
import { DRILL_FAULTS } from "./choices.js";
import { positiveDuration, positiveNumber } from "./option-values.js";
import { addDataOption, YES } from "./shared-options.js";

export function declareDrill(program: Command): void {
  addDataOption(program.command("drill"))
    .description(
      "inject a fault into a temporary copy of a platform under load, measure its recovery and compare it with the promise",
    )
    .argument("<fault>", `fault: ${DRILL_FAULTS.join(", ")}`)
    .option("--duration <time>", "steady load before the fault and after each recovery, e.g. 10s", positiveDuration)
    .option(
      "--rate <number>",
      `chat requests and writes per second, at most ${MAX_RATE_PER_SECOND} (default: chats as fast as half of what the model answers)`,
      positiveNumber(MAX_RATE_PER_SECOND),
    )
    .addOption(
      new Option(
        "-f, --file <file>",
        "platform file to copy (default: platform.yaml, else the running platform, else starter)",
      ).conflicts("data"),
    )
    .option("-e, --environment <name>", "environment of the file (default: its first), or of the running platform")
    .addOption(
      new Option("--running", "drill the running platform itself: it is interrupted and may lose data").conflicts(
        "file",
      ),
    )
    .addOption(YES)
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      `
Examples:
  keelson drill process-crash                  drill a temporary copy; the running platform is not touched
  keelson drill database-loss -f platform.yaml -e staging
  keelson drill database-loss --running        destroy and restore the database of the running platform`,
    )
    .action(async (fault: string, options: DrillOptions) =>
      (await import("../recover/drill.js")).drill(fault, options),
    );
}
