import type { Command } from "commander";
import { describeCommands } from "./completion/described.js";
import type { Shell } from "./completion/shell-names.js";
import { shells } from "./completion/shells.js";

/** `keelson completion`: a script generated from the declared commands. */
export function completion(shell: Shell, program: Command): void {
  process.stdout.write(`${shells[shell](describeCommands(program))}\n`);
}
