import type { Command } from "commander";
import type { RestartOptions } from "../run/restart.js";
import { addLocalOptions } from "./shared-options.js";

export function declareRestart(program: Command): void {
  addLocalOptions(program.command("restart"))
    .description(
      "stop the platform that runs on this machine and start it again in the background, with the same options",
    )
    .option("--json", "print the addresses as JSON")
    .action(async (options: RestartOptions) => (await import("../run/restart.js")).restart(options));
}
