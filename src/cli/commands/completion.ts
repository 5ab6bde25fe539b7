import { Argument, type Command } from "commander";
import { SHELLS, type Shell } from "../completion/shell-names.js";

export function declareCompletion(program: Command): void {
  program
    .command("completion")
    .description("print a shell completion script")
    .addArgument(new Argument("<shell>", "shell").choices(SHELLS))
    .addHelpText("after", '\nAdd it to the startup file of your shell: eval "$(keelson completion bash)"')
    .action(async (shell: Shell) => (await import("../completion/completion.js")).completion(shell, program));
}
