import { z } from "zod";
import { writeAtomically } from "../../disk/atomic-file.js";
import { readIfPresent } from "../../disk/read.js";

const contentSchema = z.object({ system: z.string() });

/**
 * The system identifier of the database that belongs to this platform; undefined before the first start. Throws
 * `file/unreadable`: an unreadable file must not count as absent, because the lost database would be replaced by an
 * empty one.
 */
export async function readSystemId(file: string): Promise<string | undefined> {
  const text = await readIfPresent(file);
  return text === undefined ? undefined : contentSchema.parse(JSON.parse(text)).system;
}

export async function writeSystemId(file: string, system: string): Promise<void> {
  await writeAtomically(file, `${JSON.stringify({ system })}\n`);
}
