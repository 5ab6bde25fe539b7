import { readFile, stat } from "node:fs/promises";
import { userInfo } from "node:os";
import { dirname, resolve } from "node:path";
import { KeelsonError } from "../errors/keelson-error.js";

/** The operating system's user that the server runs as. */
export interface ServerUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** True if Keelson runs as another user: it must change the owner of the server's files. */
  readonly foreign: boolean;
}

/**
 * The user for the server. PostgreSQL does not run as root: there it is the account `postgres`, or `nobody` without one;
 * otherwise the current user. Throws `postgres/no-user` if neither account exists.
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
 * Whether `user` can pass through every directory above `path`, and read it (or pass through it). A home directory with
 * mode 0700 prevents this.
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
