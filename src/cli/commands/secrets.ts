import type { Command } from "commander";
import type { SecretsOptions } from "../deploy/secrets.js";
import { nonEmptyPath } from "./option-values.js";
import { addEnvironmentOption, addFileArgument } from "./shared-options.js";

export function declareSecrets(program: Command): void {
  addEnvironmentOption(addFileArgument(program.command("secrets"), "read"))
    .description("print the generated Secrets of a platform that is applied without keelson deploy (kubectl, GitOps)")
    .option(
      "-o, --output <file>",
      "write them to this new file, readable only by you (default: print them)",
      nonEmptyPath,
    )
    .option("--json", "print them as one JSON document, a List that kubectl accepts")
    .action(async (file: string | undefined, options: SecretsOptions) =>
      (await import("../deploy/secrets.js")).secrets(file, options),
    );
}
