import type { Command } from "commander";
import { describeCommands } from "./completion/described.js";
import type { Shell } from "./completion/shell-names.js";
import { shells } from "./completion/shells.js";
import { printDocument } from "./output.js";

/** `keelson completion`: a script generated from the declared commands. */
export function completion(shell: Shell, program: Command): void {
  printDocument(`${shells[shell](describeCommands(program))}\n`);
}
