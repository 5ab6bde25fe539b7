import { execFile } from "node:child_process";
import { chmod, cp, mkdir, realpath, rm, stat, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The folders that are links into /usr on a merged system; an image made here is always merged. */
const MERGED = ["bin", "sbin", "lib", "lib64"];

/**
 * The root file system of a container image, assembled from programs of this machine and their shared libraries, for tests
 * without a registry.
 */
export class RootFileSystem {
  readonly #copied = new Set<string>();

  private constructor(readonly folder: string) {}

  /** An empty root in `folder` (created if absent), with the users `root` and those of `name: id`. */
  static async create(folder: string, users: Readonly<Record<string, number>>): Promise<RootFileSystem> {
    const root = new RootFileSystem(folder);
    for (const name of MERGED) {
      await mkdir(join(folder, "usr", name), { recursive: true });
      await symlink(`usr/${name}`, join(folder, name));
    }
    await mkdir(join(folder, "tmp"));
    await chmod(join(folder, "tmp"), 0o1777);
    const everyone = Object.entries({ root: 0, ...users });
    await root.write("/etc/passwd", everyone.map(([name, id]) => `${name}:x:${id}:${id}::/tmp:/bin/sh\n`).join(""));
    await root.write("/etc/group", everyone.map(([name, id]) => `${name}:x:${id}:\n`).join(""));
    // Files before DNS: otherwise glibc ignores the hosts file that a container runtime writes.
    await root.write("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n");
    return root;
  }

  /** A file or folder of this machine at the same place, or `at` another. Links are followed. */
  async add(path: string, at = path): Promise<void> {
    const target = this.#inside(at);
    if (this.#copied.has(target)) return;
    this.#copied.add(target);
    await mkdir(dirname(target), { recursive: true });
    await cp(await realpath(path), target, { recursive: true, dereference: true, preserveTimestamps: true });
  }

  /** An executable with every shared library that it loads at its start. */
  async addProgram(path: string, at = path): Promise<void> {
    await this.add(path, at);
    for (const library of await sharedLibraries(path)) await this.add(library);
  }

  /** Executables of this machine's PATH (and where daemons are), as `/usr/bin/NAME`. */
  async addCommands(names: readonly string[]): Promise<void> {
    const path = `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`;
    for (const name of names) {
      const { stdout } = await run("/bin/sh", ["-c", `command -v -- ${name}`], { env: { PATH: path } }).catch(() => {
        throw new Error(`this machine has no ${name}, which the image needs`);
      });
      await this.addProgram(stdout.trim(), `/usr/bin/${name}`);
    }
  }

  async remove(path: string): Promise<void> {
    await rm(this.#inside(path), { recursive: true, force: true });
  }

  async write(path: string, text: string, mode = 0o644): Promise<void> {
    const target = this.#inside(path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, text, { mode });
  }

  async makeFolder(path: string, mode = 0o755): Promise<void> {
    const target = this.#inside(path);
    await mkdir(target, { recursive: true });
    await chmod(target, mode);
  }

  async link(target: string, path: string): Promise<void> {
    await symlink(target, this.#inside(path));
  }

  #inside(path: string): string {
    const first = path.split("/")[1] ?? "";
    return join(this.folder, MERGED.includes(first) ? `/usr${path}` : path);
  }
}

/** The shared libraries that the dynamic loader loads; empty for a static program or a script. */
async function sharedLibraries(path: string): Promise<string[]> {
  if (!(await stat(path)).isFile()) return [];
  const { stdout } = await run("ldd", [path]).catch(() => ({ stdout: "" }));
  const libraries = stdout.matchAll(/(?:=> )?(\/\S+) \(0x/g);
  return [...libraries].flatMap((match) => match[1] ?? []);
}
