import { constants } from "node:fs";
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import { isSystemError } from "./disk-errors.js";
import { makeDirectories } from "./make-directories.js";

/**
 * A directory that is held open, so that names are resolved in it even if its path is replaced meanwhile (`openat`, by
 * `/proc/self/fd`). On a system other than Linux, names are resolved by path after the check.
 */
export class HeldDirectory {
  private constructor(
    private readonly handle: FileHandle,
    /** The path by which it was opened, for messages. */
    readonly path: string,
  ) {}

  /** Opens a directory that the user has named: links to it are followed. Creates it and its parents if it is absent. */
  static async named(path: string): Promise<HeldDirectory> {
    await makeDirectories(path);
    return new HeldDirectory(await open(path, constants.O_RDONLY | constants.O_DIRECTORY), path);
  }

  /**
   * Opens a directory in it, and creates it if it is absent. A link in its place is not followed.
   *
   * @throws the error of the system; for a link `ELOOP` or `ENOTDIR`.
   */
  async child(name: string, mode = 0o755): Promise<HeldDirectory> {
    await mkdir(this.entry(name), { mode }).catch((error: unknown) => {
      if (!(isSystemError(error) && error.code === "EEXIST")) throw error;
    });
    const handle = await open(this.entry(name), constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    return new HeldDirectory(handle, join(this.path, name));
  }

  /** The path of a name in it for calls of the system. A name with a slash would leave it. */
  entry(name: string): string {
    if (name.includes("/") || name === "..") throw new Error(`${JSON.stringify(name)} is not the name of an entry`);
    return join(process.platform === "linux" ? `/proc/self/fd/${this.handle.fd}` : this.path, name);
  }

  /** The user who owns it. */
  async owner(): Promise<number> {
    return (await this.handle.stat()).uid;
  }

  async chmod(mode: number): Promise<void> {
    await this.handle.chmod(mode);
  }

  async close(): Promise<void> {
    await this.handle.close();
  }
}
