import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Command } from "commander";
import { KeelsonError } from "../errors/keelson-error.js";
import { messageOf } from "../errors/thrown.js";

/** `keelson schema`: the JSON Schema of platform files, for editors. */
export function register(program: Command): void {
  program
    .command("schema")
    .description("print the JSON Schema of platform files (draft 2020-12), for editors that complete and explain")
    .option("-o, --output <file>", "write it to a file instead")
    .option("--json", "the same: a JSON Schema is JSON")
    .action(async ({ output }: { output?: string }) => {
      const { platformJsonSchema } = await import("../platform-file/json-schema.js");
      const text = `${JSON.stringify(platformJsonSchema(), null, 2)}\n`;
      if (output === undefined) process.stdout.write(text);
      else await write(resolve(output), text);
    });
}

async function write(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (error) {
    const reason = messageOf(error);
    throw new KeelsonError("file/unwritable", `cannot write ${file}: ${reason}`, {
      cause: error,
    });
  }
}
