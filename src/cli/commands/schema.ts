import type { Command } from "commander";
import type { SchemaOptions } from "../design/schema.js";

export function declareSchema(program: Command): void {
  program
    .command("schema")
    .description("print the JSON Schema of platform files (draft 2020-12) for editors")
    .option("-o, --output <file>", "write it to a file")
    .option("--json", "no effect: the output is always JSON")
    .action(async (options: SchemaOptions) => (await import("../design/schema.js")).schema(options));
}
