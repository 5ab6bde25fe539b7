import type { Command } from "commander";
import type { SecretsOptions } from "../deploy/secrets.js";
import { nonEmptyPath } from "./option-values.js";
import { addEnvironmentOption } from "./shared-options.js";

export function declareSecrets(program: Command): void {
  addEnvironmentOption(program.command("secrets"))
    .description("print the generated Secrets of a platform that is applied without keelson deploy (kubectl, GitOps)")
    .argument("<file>", "platform file, a directory that contains one, or a blueprint")
    .option(
      "-o, --output <file>",
      "write them to this new file, readable only by you (default: print them)",
      nonEmptyPath,
    )
    .action(async (file: string, options: SecretsOptions) =>
      (await import("../deploy/secrets.js")).secrets(file, options),
    );
}
