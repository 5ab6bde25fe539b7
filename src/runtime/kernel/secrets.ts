import { mkdir, readFile } from "node:fs/promises";
import { dirname, join, normalize } from "node:path";
import { writeAtomically } from "../../disk/atomic-file.js";
import { isAbsent } from "../../disk/read.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { messageOf } from "../../errors/thrown.js";
import type { Secrets } from "./module.js";

/** Secrets as files: `<directory>/<name>/<key>`, mode 0600 when written here. Names may not leave the directory. */
export function secretsIn(directory: string): Secrets {
  const place = (name: string): string => {
    const path = normalize(name);
    if (path.startsWith("..") || path.startsWith("/")) throw new Error(`not a name of a secret: ${name}`);
    return join(directory, path);
  };
  return {
    async read(name) {
      try {
        return (await readFile(place(name), "utf8")).trim();
      } catch (error) {
        if (isAbsent(error)) return undefined;
        throw new KeelsonError("secret/unreadable", `cannot read the secret ${name}: ${messageOf(error)}`, {
          hint: `it is the file ${place(name)}; this process must be allowed to read it`,
          cause: error,
        });
      }
    },
    async write(name, value) {
      const path = place(name);
      try {
        await mkdir(dirname(path), { recursive: true, mode: 0o700 });
        await writeAtomically(path, value);
      } catch (error) {
        throw new KeelsonError("secret/unwritable", `cannot keep the secret ${name}: ${messageOf(error)}`, {
          hint: `${directory} must be a directory that this process may write, or hold ${name} already`,
          cause: error,
        });
      }
    },
  };
}
