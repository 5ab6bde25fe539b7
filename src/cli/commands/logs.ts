import type { Command } from "commander";
import type { LogsOptions } from "../logs.js";
import { wholeNumber } from "../option-values.js";
import { addDataOption } from "./shared-options.js";

export function declareLogs(program: Command): void {
  addDataOption(program.command("logs"))
    .description("show process logs")
    .argument("[process]", "only this process, by its name in `keelson status`")
    .option("-f, --follow", "follow log output")
    .option("-n, --lines <count>", "number of lines from the end of each log; 0 for none", wholeNumber(0), 50)
    .option("--json", "print each line as JSON")
    .action(async (name: string | undefined, options: LogsOptions) => (await import("../logs.js")).logs(name, options));
}
