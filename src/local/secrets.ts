import { randomBytes } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { writeAtomically } from "../disk/atomic-file.js";
import { readIfPresent } from "../disk/read.js";
import type { Layout } from "./layout.js";

/** Secrets of a platform on this machine, as files that only their owner can read: `<secrets>/<name>/<key>`. */
export interface LocalSecrets {
  read(name: string): Promise<string | undefined>;
  write(name: string, value: string): Promise<void>;
  remove(name: string): Promise<void>;
  /** Reads it, or generates a random one of 256 bits. */
  readOrCreate(name: string): Promise<string>;
}

export function localSecrets(layout: Pick<Layout, "secrets">): LocalSecrets {
  const pathOf = (name: string) => join(layout.secrets, name);
  const read = async (name: string) => {
    const text = await readIfPresent(pathOf(name));
    return text?.trim() || undefined;
  };
  const write = async (name: string, value: string) => {
    if ((await read(name)) === value) return;
    await mkdir(dirname(pathOf(name)), { recursive: true, mode: 0o700 });
    await writeAtomically(pathOf(name), value);
  };
  return {
    read,
    write,
    remove: (name) => rm(pathOf(name), { force: true }),
    async readOrCreate(name) {
      const existing = await read(name);
      if (existing !== undefined) return existing;
      const created = randomBytes(32).toString("base64url");
      await write(name, created);
      return created;
    },
  };
}
