import type { Command } from "commander";
import type { LoginOptions } from "../run/login.js";
import { addConnectionOptions } from "./shared-options.js";

export function declareLogin(program: Command): void {
  addConnectionOptions(program.command("login"))
    .description("print a single-use sign-in link for the dashboard, valid for ten minutes")
    .option("--json", "print it as JSON")
    .action(async (options: LoginOptions) => (await import("../run/login.js")).login(options));
}
