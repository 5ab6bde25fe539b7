import type { Command } from "commander";
import type { ConnectionOptions } from "../platform/connection.js";
import { addConnectionOptions } from "./shared-options.js";

export function declareOpen(program: Command): void {
  addConnectionOptions(program.command("open"))
    .description("open the dashboard in the browser, signed in")
    .action(async (options: ConnectionOptions) => (await import("../run/open.js")).open(options));
}
