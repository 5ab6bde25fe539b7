import { mkdir, readFile } from "node:fs/promises";
import { dirname, join, normalize } from "node:path";
import { writeAtomically } from "../../disk/atomic-file.js";
import { isAbsent } from "../../disk/read.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { messageOf } from "../../errors/thrown.js";
import type { Secrets } from "./module.js";

/** Secrets as files: `<directory>/<name>/<key>`, written with mode 0600. A name must not point outside the directory. */
export function secretsIn(directory: string): Secrets {
  const pathOf = (name: string): string => {
    const path = normalize(name);
    if (path.startsWith("..") || path.startsWith("/")) throw new Error(`invalid name of a secret: ${name}`);
    return join(directory, path);
  };
  return {
    async read(name) {
      try {
        return (await readFile(pathOf(name), "utf8")).trim();
      } catch (error) {
        if (isAbsent(error)) return undefined;
        throw new KeelsonError("secret/unreadable", `cannot read the secret ${name}: ${messageOf(error)}`, {
          hint: `its file is ${pathOf(name)}; this process needs permission to read it`,
          cause: error,
        });
      }
    },
    async write(name, value) {
      const path = pathOf(name);
      try {
        await mkdir(dirname(path), { recursive: true, mode: 0o700 });
        await writeAtomically(path, value);
      } catch (error) {
        throw new KeelsonError("secret/unwritable", `cannot write the secret ${name}: ${messageOf(error)}`, {
          hint: `${directory} must be a directory that this process can write to, or contain ${name} already`,
          cause: error,
        });
      }
    },
  };
}
