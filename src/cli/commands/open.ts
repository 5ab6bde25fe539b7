import type { Command } from "commander";
import type { OpenOptions } from "../run/open.js";
import { addConnectionOptions } from "./shared-options.js";

export function declareOpen(program: Command): void {
  addConnectionOptions(program.command("open"))
    .description("open the dashboard in the browser, signed in")
    .option("--json", "print the sign-in link, and whether a browser was opened, as JSON")
    .action(async (options: OpenOptions) => (await import("../run/open.js")).open(options));
}
