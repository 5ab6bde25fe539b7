import { readFile, stat } from "node:fs/promises";
import { userInfo } from "node:os";
import { dirname, resolve } from "node:path";
import { KeelsonError } from "../errors/keelson-error.js";

/** The operating system's user that the server runs as. */
export interface ServerUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** True when that is not who runs Keelson: files must be given to it. */
  readonly foreign: boolean;
}

/**
 * PostgreSQL refuses to run as root. Whoever is not root is the server's user; root lends `postgres`, else `nobody`.
 * Throws `postgres/no-user` where root has neither.
 */
export async function serverUser(): Promise<ServerUser> {
  const self = userInfo();
  if (self.uid !== 0) return { name: self.username, uid: self.uid, gid: self.gid, foreign: false };
  const accounts = (await readFile("/etc/passwd", "utf8")).split("\n").map((line) => line.split(":"));
  for (const name of ["postgres", "nobody"]) {
    const account = accounts.find((fields) => fields[0] === name);
    if (account) return { name, uid: Number(account[2]), gid: Number(account[3]), foreign: true };
  }
  throw new KeelsonError(
    "postgres/no-user",
    "PostgreSQL does not run as root, and there is no user `postgres` or `nobody`",
  );
}

/**
 * True when `user` can pass through every directory above `path` and read it (or pass through it too): 0700 homes are
 * where this fails.
 */
export async function canReach(path: string, user: ServerUser, purpose: "read" | "pass"): Promise<boolean> {
  if (!user.foreign) return true;
  for (let at = resolve(path), bits = purpose === "read" ? 0o5 : 0o1; ; at = dirname(at), bits = 0o1) {
    const { mode, uid, gid } = await stat(at);
    const granted = uid === user.uid ? mode >> 6 : gid === user.gid ? mode >> 3 : mode;
    if ((granted & bits) !== bits) return false;
    if (at === dirname(at)) return true;
  }
}
