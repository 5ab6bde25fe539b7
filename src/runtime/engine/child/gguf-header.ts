import { open } from "node:fs/promises";

/** Above the count of any model. A file with a higher count is damaged, and reading that many entries would take hours. */
const MAX_ENTRIES = 1_000_000;
const HEADER_BYTES = 24;

/**
 * Checks the fixed header of a GGUF file (magic number, version, counts of tensors and metadata values) before it is loaded. Throws
 * an error with the reason in one line.
 */
export async function checkGguf(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    const head = Buffer.alloc(HEADER_BYTES);
    const { bytesRead } = await file.read(head, 0, HEADER_BYTES, 0);
    if (bytesRead < HEADER_BYTES || head.toString("latin1", 0, 4) !== "GGUF")
      throw new Error(`${path} is not a GGUF file`);
    const version = head.readUInt32LE(4);
    if (version !== 2 && version !== 3) throw new Error(`${path} is damaged: its header has GGUF version ${version}`);
    const tensors = head.readBigUInt64LE(8);
    const values = head.readBigUInt64LE(16);
    if (tensors > MAX_ENTRIES || values > MAX_ENTRIES || tensors === 0n) {
      throw new Error(`${path} is damaged: its header has ${tensors} tensors and ${values} metadata values`);
    }
  } finally {
    await file.close();
  }
}
