import type { Command } from "commander";
import type { DownOptions } from "../run/down.js";
import { addLocalOptions } from "./shared-options.js";

export function declareDown(program: Command): void {
  addLocalOptions(program.command("down"))
    .description("stop the platform that runs on this machine, after in-flight requests")
    .option("--json", "print what was stopped as JSON")
    .action(async (options: DownOptions) => (await import("../run/down.js")).down(options));
}
