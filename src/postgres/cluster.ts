import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { chmod, chown, lstat, mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { writeAtomically } from "../disk/atomic-file.js";
import { diskError, diskFull, requireSpace } from "../disk/disk-errors.js";
import { statIfPresent } from "../disk/read.js";
import { KeelsonError } from "../errors/keelson-error.js";
import { writeAccessRules } from "./access.js";
import { archiveScript } from "./archive-script.js";
import { type Binaries, findBinaries } from "./binaries.js";
import { canReach, type ServerUser, serverUser } from "./server-user.js";

const run = promisify(execFile);

/** An empty cluster is 40 MB, its first log segments 32 MB; the rest is air for the first backup. */
const SPACE_FOR_A_NEW_CLUSTER = 160 * 1024 * 1024;

/** Everything that belongs to one server on this machine, by place. */
export interface Cluster {
  /** The PostgreSQL data directory. */
  readonly data: string;
  /** Unix socket and the hand-over of log segments; entered by the server's user and its owner only. */
  readonly run: string;
  readonly archiveScript: string;
  readonly log: string;
  readonly user: ServerUser;
  readonly binaries: Binaries;
}

/** Where the cluster of a platform's data directory may lie: in it, or where the server's user can enter. */
export function clusterHomes(platformData: string): readonly [inside: string, moved: string] {
  const data = resolve(platformData);
  return [join(data, "postgres"), join("/var/lib/keelson", shortHash(data))];
}

/**
 * Resolves where the cluster of a platform's data directory lives. When Keelson runs as root below a directory that
 * the server's user cannot enter (/root, a 0700 home), the cluster lies under /var/lib/keelson and `moved` says so.
 */
export async function locateCluster(platformData: string, log: string): Promise<{ cluster: Cluster; moved: boolean }> {
  const user = await serverUser();
  const binaries = await findBinaries(user);
  const data = resolve(platformData);
  try {
    const reachable = await canReach(data, user, "pass");
    const [inside, elsewhere] = clusterHomes(data);
    const home = reachable ? inside : elsewhere;
    await mkdir(dirname(home), { recursive: true, mode: 0o755 });
    await ownDirectory(home, user);
    const run = await socketDirectory(home, user);
    const script = join(run, "archive.sh");
    await writeAtomically(script, archiveScript, { mode: 0o755, owner: user.foreign ? user : undefined });
    return {
      cluster: { data: join(home, "data"), run, archiveScript: script, log, user, binaries },
      moved: !reachable,
    };
  } catch (error) {
    throw diskError(error, data);
  }
}

/** A cluster in a directory of its own, for restores that are only looked at. */
export async function clusterAt(home: string, log: string): Promise<Cluster> {
  const user = await serverUser();
  const binaries = await findBinaries(user);
  await ownDirectory(home, user);
  const run = await socketDirectory(home, user);
  return { data: join(home, "data"), run, archiveScript: join(run, "archive.sh"), log, user, binaries };
}

/** True when there is a cluster that can be started. A half-made one never bears the final name. */
export async function isInitialised(cluster: Cluster): Promise<boolean> {
  return (await statIfPresent(join(cluster.data, "PG_VERSION"))) !== undefined;
}

/** Makes an empty cluster, in one step as seen from outside: kill -9 in the middle leaves none, not half of one. */
export async function initialise(cluster: Cluster): Promise<void> {
  const home = dirname(cluster.data);
  await requireSpace(home, SPACE_FOR_A_NEW_CLUSTER);
  const temporary = join(home, `new-${randomBytes(4).toString("hex")}.tmp`);
  try {
    await ownDirectory(temporary, cluster.user);
    // Nobody ever types this password: it only keeps the superuser's account closed to connections over the network.
    const passwordFile = join(cluster.run, `password-${randomBytes(4).toString("hex")}`);
    await writeFile(passwordFile, `${randomBytes(32).toString("hex")}\n`, { mode: 0o600 });
    try {
      if (cluster.user.foreign) await chown(passwordFile, cluster.user.uid, cluster.user.gid);
      await initdb(cluster, temporary, passwordFile);
    } finally {
      await rm(passwordFile, { force: true });
    }
    await writeAccessRules(temporary, cluster.user);
    await rename(temporary, cluster.data);
  } catch (error) {
    throw diskError(error, home);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function initdb(cluster: Cluster, directory: string, passwordFile: string): Promise<void> {
  const { uid, gid } = cluster.user;
  const args = [
    `--pgdata=${directory}`,
    "--username=postgres",
    `--pwfile=${passwordFile}`,
    "--auth-local=peer",
    "--auth-host=scram-sha-256",
    "--data-checksums",
    "--encoding=UTF8",
    "--locale=C",
    "--no-instructions",
  ];
  try {
    await run(join(cluster.binaries.directory, "initdb"), args, {
      ...(cluster.user.foreign && { uid, gid }),
      cwd: directory,
      env: { ...process.env, LC_ALL: "C" },
    });
  } catch (error) {
    const said = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : String(error);
    if (/No space left on device|Disk quota exceeded/.test(said)) throw diskFull(directory, error);
    throw new KeelsonError("postgres/initdb", `PostgreSQL could not make its data directory: ${lastLine(said)}`, {
      hint: `the same by hand: initdb --pgdata=DIR (as user ${cluster.user.name})`,
      cause: error,
    });
  }
}

/** What a process that was killed in the middle of `initialise` or a restore has left. */
export async function removeLeftovers(home: string): Promise<void> {
  for (const name of await readdir(home))
    if (name.endsWith(".tmp")) await rm(join(home, name), { recursive: true, force: true });
}

/** A directory that only the server's user (and root) may enter. */
async function ownDirectory(path: string, user: ServerUser): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  if (user.foreign) await chown(path, user.uid, user.gid);
  await chmod(path, 0o700);
}

/** The longest path of a unix socket is 107 bytes on Linux and 103 on macOS; `/.s.PGSQL.65535` takes 15 of them. */
const LONGEST_SOCKET_DIRECTORY = 88;

async function socketDirectory(home: string, user: ServerUser): Promise<string> {
  const near = join(home, "run");
  const path =
    near.length <= LONGEST_SOCKET_DIRECTORY ? near : join(tmpdir(), `keelson-${user.uid}-${shortHash(home)}`);
  await mkdir(path, { recursive: true, mode: 0o700 });
  const found = await lstat(path);
  const self = process.getuid?.() ?? user.uid;
  // In a shared /tmp somebody else may have made it first, to listen in our place.
  if (!found.isDirectory() || (found.uid !== user.uid && found.uid !== self))
    throw new KeelsonError("postgres/socket-directory", `${path} belongs to somebody else`);
  await ownDirectory(path, user);
  return path;
}

function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}
