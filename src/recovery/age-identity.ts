import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { writeAtomically } from "../disk/atomic-file.js";
import { readIfPresent } from "../disk/read.js";
import { KeelsonError } from "../errors/keelson-error.js";

/** Reads the age identity, or creates one. Without this file the backups cannot be decrypted. */
export async function loadOrCreateIdentity(path: string): Promise<string> {
  try {
    return await loadIdentity(path);
  } catch (error) {
    if (!(error instanceof KeelsonError && error.code === "backup/no-identity")) throw error;
  }
  const identity = await generateX25519Identity();
  const recipient = await identityToRecipient(identity);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeAtomically(path, `# public key: ${recipient}\n${identity}\n`);
  return identity;
}

/** Reads an age identity. Throws `backup/no-identity`, `backup/identity`. */
export async function loadIdentity(path: string): Promise<string> {
  const text = await readIfPresent(path);
  if (text === undefined) throw new KeelsonError("backup/no-identity", `there is no identity file at ${path}`);
  const identity = text.split("\n").find((line) => line.startsWith("AGE-SECRET-KEY-"));
  if (identity === undefined) throw new KeelsonError("backup/identity", `${path} contains no age identity`);
  return identity.trim();
}
