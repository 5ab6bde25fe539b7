import type { Command } from "commander";
import { printDocument } from "../terminal/output.js";
import { describeCommands } from "./described.js";
import type { Shell } from "./shell-names.js";
import { shells } from "./shells.js";

/** `keelson completion`: a script generated from the declared commands. */
export function completion(shell: Shell, program: Command): void {
  printDocument(`${shells[shell](describeCommands(program))}\n`);
}
