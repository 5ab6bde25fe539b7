import { chmod, lstat, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readdirIfPresent } from "../../disk/read.js";
import { MAX_SOCKET_PATH_BYTES } from "../../unix-sockets/socket-path.js";

/** Bytes that `EngineSockets.next` adds to the directory at most: `/`, two numbers, `-`, `.sock`. */
const MAX_NAME_BYTES = 24;

/**
 * The Unix sockets of this process's engines, in a directory that only its user can enter: no other user of the machine and no web
 * page can connect to an engine, or listen in place of one that has crashed and receive prompts.
 */
export class EngineSockets {
  readonly #directory: string;
  readonly #temporary: boolean;
  #last = 0;

  private constructor(directory: string, temporary: boolean) {
    this.#directory = directory;
    this.#temporary = temporary;
  }

  /**
   * In the data directory, where the sockets of killed processes are removed. In the directory for temporary files if the path is
   * too long, or in use by another user.
   */
  static async open(dataDirectory: string): Promise<EngineSockets> {
    const near = join(dataDirectory, "engines");
    if (Buffer.byteLength(near) + MAX_NAME_BYTES > MAX_SOCKET_PATH_BYTES || !(await makeOwnDirectory(near)))
      return new EngineSockets(await mkdtemp(join(tmpdir(), "keelson-engines-")), true);
    for (const { name } of (await readdirIfPresent(near)) ?? [])
      if (!isUsed(name)) await rm(join(near, name), { force: true });
    return new EngineSockets(near, false);
  }

  /** A path that no other engine uses. */
  next(): string {
    this.#last += 1;
    return join(this.#directory, `${process.pid}-${this.#last}.sock`);
  }

  /** After the engines have ended. */
  async close(): Promise<void> {
    if (this.#temporary) await rm(this.#directory, { recursive: true, force: true });
  }
}

/** Creates a directory that only this user can enter; false if it is another user's. */
async function makeOwnDirectory(path: string): Promise<boolean> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const found = await lstat(path);
  if (!found.isDirectory() || found.uid !== (process.getuid?.() ?? found.uid)) return false;
  if ((found.mode & 0o077) !== 0) await chmod(path, 0o700);
  return true;
}

/** Whether the process that named a socket still runs. This one has named none yet: its number was another process's before. */
function isUsed(name: string): boolean {
  const pid = Number(name.split("-")[0]);
  if (!Number.isSafeInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
