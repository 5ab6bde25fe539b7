import type { Command } from "commander";
import type { ChatOptions } from "../use/chat.js";
import { addConnectionOptions } from "./shared-options.js";

export function declareChat(program: Command): void {
  addConnectionOptions(program.command("chat"))
    .description("chat with a model of the platform in the terminal")
    .argument("[prompt...]", "send one prompt and exit; without it an interactive conversation starts")
    .option("-m, --model <name>", "model (default: the first of the platform)")
    .option("--system <text>", "system prompt")
    .option("--json", "print the answer to one prompt as JSON")
    .addHelpText(
      "after",
      `
Examples:
  keelson chat "What is a promise sheet?"
  echo "Summarise this" | keelson chat`,
    )
    .action(async (words: readonly string[], options: ChatOptions) =>
      (await import("../use/chat.js")).chat(words, options),
    );
}
