import type { Command } from "commander";
import type { InitOptions } from "../start/init.js";
import { nonEmptyPath } from "./option-values.js";

export function declareInit(program: Command): void {
  program
    .command("init")
    .description("create a commented platform file from a blueprint")
    .argument("[directory]", "directory of the new platform.yaml (default: the current one)", nonEmptyPath)
    .option("--from <blueprint>", "blueprint: starter, aiaas (asked for on a terminal; default: starter)")
    .option("--name <name>", "name of the platform (asked for on a terminal; default: the name of the directory)")
    .option("--json", "print the result as JSON")
    .action(async (directory: string | undefined, options: InitOptions) =>
      (await import("../start/init.js")).init(directory, options),
    );
}
