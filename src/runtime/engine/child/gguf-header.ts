import { open } from "node:fs/promises";

/** More than any model has; a file that claims more is damaged, and reading it by its own word would never end. */
const mostEntries = 1_000_000;
const headBytes = 24;

/**
 * Looks at the fixed head of a GGUF file (magic, version, number of tensors and of metadata values) before anything trusts
 * it. Throws one line that says what is wrong.
 */
export async function checkGguf(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    const head = Buffer.alloc(headBytes);
    const { bytesRead } = await file.read(head, 0, headBytes, 0);
    if (bytesRead < headBytes || head.toString("latin1", 0, 4) !== "GGUF")
      throw new Error(`${path} is not a GGUF file`);
    const version = head.readUInt32LE(4);
    if (version !== 2 && version !== 3) throw new Error(`${path} is damaged: it claims GGUF version ${version}`);
    const tensors = head.readBigUInt64LE(8);
    const values = head.readBigUInt64LE(16);
    if (tensors > mostEntries || values > mostEntries || tensors === 0n) {
      throw new Error(`${path} is damaged: it claims ${tensors} tensors and ${values} metadata values`);
    }
  } finally {
    await file.close();
  }
}
