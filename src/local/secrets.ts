import { randomBytes } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { writeAtomically } from "../disk/atomic-file.js";
import { readOwned } from "../disk/owned-file.js";
import { isAbsent, lstatIfPresent } from "../disk/read.js";
import { KeelsonError } from "../errors/keelson-error.js";
import { messageOf } from "../errors/thrown.js";
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
    const text = await readWithoutLinks(layout.secrets, name);
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

/**
 * The text of `<root>/<name>`; undefined if it is absent. A data directory can come from a repository or an archive, in which
 * a link names any other file of this user: the content of that file would be sent as a credential.
 *
 * @throws KeelsonError `data/not-owned` for a link, and for a file of another user than its directory.
 */
async function readWithoutLinks(root: string, name: string): Promise<string | undefined> {
  const directory = dirname(join(root, name));
  for (const parent of new Set([root, directory])) {
    const found = await lstatIfPresent(parent);
    if (found === undefined) return undefined;
    if (!found.isDirectory()) throw new KeelsonError("data/not-owned", `${parent} is no directory`);
  }
  try {
    return (await readOwned(directory, basename(name))).toString("utf8");
  } catch (error) {
    if (isAbsent(error)) return undefined;
    if (error instanceof KeelsonError) throw error;
    throw new KeelsonError("file/unreadable", `cannot read ${join(root, name)}: ${messageOf(error)}`, { cause: error });
  }
}
