import type { Command } from "commander";
import type { DocsOptions } from "../start/docs.js";

export function declareDocs(program: Command): void {
  program
    .command("docs")
    .description("list or print the pages of the documentation, or explain an error code")
    .argument("[topic]", "name of a page, or an error code such as port/in-use")
    .option("--json", "print the result as JSON")
    .action(async (topic: string | undefined, options: DocsOptions) =>
      (await import("../start/docs.js")).docs(topic, options),
    );
}
