import { Argument, type Command } from "commander";
import { describeCommands } from "./completion/described.js";
import { shells } from "./completion/shells.js";

/** Prints a completion script made from the commands themselves, so it cannot go stale. */
export function register(program: Command): void {
  program
    .command("completion")
    .description("print a shell completion script")
    .addArgument(new Argument("<shell>", "which shell").choices(Object.keys(shells)))
    .addHelpText("after", '\nAdd to your shell\'s start-up file, e.g.: eval "$(keelson completion bash)"')
    .action((shell: keyof typeof shells) => {
      process.stdout.write(`${shells[shell](describeCommands(program))}\n`);
    });
}
