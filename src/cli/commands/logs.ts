import { type Command, Option } from "commander";
import type { LogsOptions } from "../run/logs.js";
import { LOG_LEVEL_NAMES } from "./choices.js";
import { wholeNumber } from "./option-values.js";
import { addLocalOptions } from "./shared-options.js";

export function declareLogs(program: Command): void {
  addLocalOptions(program.command("logs"))
    .description("show process logs, merged by time")
    .argument("[process]", "only this process, by its name in `keelson status`")
    .option("-f, --follow", "follow log output")
    .option("-n, --lines <count>", "number of lines from the end; 0 for none", wholeNumber(0), 200)
    .option("--since <time>", "only lines from this time on: 10m (ten minutes ago), or 2026-05-04T13:00:00Z")
    .addOption(
      new Option("--level <level>", "only lines of this level or above").choices(LOG_LEVEL_NAMES).default("info"),
    )
    .option("--grep <text>", "only lines that contain this text, in upper or lower case")
    .option("--json", "print one JSON object per line: process, time, level, message and the fields of the line")
    .addHelpText(
      "after",
      `
Examples:
  keelson logs -f gateway               follow one process
  keelson logs --level warn --since 1h  what went wrong in the last hour`,
    )
    .action(async (name: string | undefined, options: LogsOptions) =>
      (await import("../run/logs.js")).logs(name, options),
    );
}
