import { realpath } from "node:fs/promises";
import { resolve } from "node:path";
import { replaceFile } from "../../disk/atomic-file.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { messageOf } from "../../errors/thrown.js";
import { printDocument } from "../terminal/output.js";

/** `keelson schema`: the JSON Schema of platform files, for editors. */
export interface SchemaOptions {
  readonly output?: string;
}

/** `keelson schema`. */
export async function schema({ output }: SchemaOptions): Promise<void> {
  const { platformJsonSchema } = await import("../../platform-file/json-schema.js");
  const text = `${JSON.stringify(platformJsonSchema(), null, 2)}\n`;
  if (output === undefined) printDocument(text);
  else await write(resolve(output), text);
}

async function write(file: string, text: string): Promise<void> {
  try {
    await replaceFile(await realpath(file).catch(() => file), text, { mode: 0o644 });
  } catch (error) {
    const reason = messageOf(error);
    throw new KeelsonError("file/unwritable", `cannot write ${file}: ${reason}`, {
      hint: "specify a file in an existing directory that you can write to",
      cause: error,
    });
  }
}
