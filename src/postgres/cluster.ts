import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { chmod, lchown, lstat, mkdir, readdir, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { replaceFile, writeAtomically } from "../disk/atomic-file.js";
import { diskError, diskFull, requireSpace } from "../disk/disk-errors.js";
import { claimMountPoint, giveMountPoint, isMountPoint, moveContent } from "../disk/mount-point.js";
import { requireSafeParents } from "../disk/private-directory.js";
import { lstatIfPresent, statIfPresent } from "../disk/read.js";
import { removeTree } from "../disk/remove-tree.js";
import { KeelsonError } from "../errors/keelson-error.js";
import { writeAccessRules } from "./access.js";
import { archiveScript } from "./archive-script.js";
import { type Binaries, findBinaries } from "./binaries.js";
import { serverEnvironment } from "./environment.js";
import { canReach, type ServerUser, serverUser } from "./server-user.js";
import { endStrays } from "./strays.js";

const run = promisify(execFile);

/** An empty cluster has 40 MB, its first log segments 32 MB; the rest is for the first backup. */
const NEW_CLUSTER_BYTES = 160 * 1024 * 1024;

/** The files and directories of one server on this machine. */
export interface Cluster {
  /** The PostgreSQL data directory. */
  readonly data: string;
  /** Directory of the Unix socket and of archive requests; only the server's user and its owner can enter it. */
  readonly run: string;
  readonly archiveScript: string;
  readonly log: string;
  readonly user: ServerUser;
  readonly binaries: Binaries;
}

/** The possible directories for the cluster of a platform: in its data directory, or where the server's user can enter. */
export function clusterHomes(platformData: string): readonly [inside: string, moved: string] {
  const data = resolve(platformData);
  return [join(data, "postgres"), join("/var/lib/keelson", shortHash(data))];
}

/**
 * Resolves the cluster of a platform's data directory. If Keelson runs as root below a directory that the server's user
 * cannot enter (/root, a home with mode 0700), the cluster is under /var/lib/keelson and `moved` is true.
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
    await parentDirectory(home, user);
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

/** A cluster in a directory of its own, for the verification of backups. */
export async function clusterAt(home: string, log: string): Promise<Cluster> {
  const user = await serverUser();
  const binaries = await findBinaries(user);
  await parentDirectory(home, user);
  const run = await socketDirectory(home, user);
  return { data: join(home, "data"), run, archiveScript: join(run, "archive.sh"), log, user, binaries };
}

/** Whether a cluster exists that can be started. An incomplete one never has the final name. */
export async function isInitialised(cluster: Cluster): Promise<boolean> {
  return (await statIfPresent(join(cluster.data, "PG_VERSION"))) !== undefined;
}

/** Creates an empty cluster atomically: a crash leaves no incomplete cluster under the final name. */
export async function initialise(cluster: Cluster): Promise<void> {
  const home = dirname(cluster.data);
  await requireSpace(home, NEW_CLUSTER_BYTES);
  const temporary = join(home, `new-${randomBytes(4).toString("hex")}.tmp`);
  try {
    await ownDirectory(temporary, cluster.user);
    // This password is never used: it only prevents connections as the superuser over the network.
    const passwordFile = join(cluster.run, `password-${randomBytes(4).toString("hex")}`);
    const owner = cluster.user.foreign ? cluster.user : undefined;
    await replaceFile(passwordFile, `${randomBytes(32).toString("hex")}\n`, { owner });
    try {
      await initdb(cluster, temporary, passwordFile);
    } finally {
      await rm(passwordFile, { force: true });
    }
    await writeAccessRules(temporary, cluster.user);
    await placeNew(temporary, cluster);
  } catch (error) {
    throw diskError(error, home);
  } finally {
    await removeTree(temporary);
  }
}

/** An empty mount point at the place of the data directory cannot be replaced: the files are moved into it. */
async function placeNew(temporary: string, { data, user }: Cluster): Promise<void> {
  if (!(await isMountPoint(data))) return rename(temporary, data);
  await claimMountPoint(data);
  await chmod(data, 0o700);
  await moveContent(temporary, data, "PG_VERSION");
  await giveMountPoint(data, user);
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
      env: serverEnvironment(process.env),
    });
  } catch (error) {
    const output = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : String(error);
    if (/No space left on device|Disk quota exceeded/.test(output)) throw diskFull(directory, error);
    throw new KeelsonError("postgres/initdb", `PostgreSQL could not create its data directory: ${lastLine(output)}`, {
      hint: `to run it manually: initdb --pgdata=DIR (as user ${cluster.user.name})`,
      cause: error,
    });
  }
}

/** Removes what a process left that was killed during `initialise`, a restore or an upgrade, and ends the servers that still run on it. */
export async function removeLeftovers(home: string): Promise<void> {
  for (const name of await readdir(home)) {
    if (!name.endsWith(".tmp")) continue;
    // Of a copy that was being verified, or of the new version of an upgrade.
    await endStrays(join(home, name, "data"));
    await removeTree(join(home, name));
  }
}

/**
 * Creates the directory that contains the server's directories. It belongs to Keelson's user: in a directory of its own, the
 * server's user could replace the data directory by a link, and root would write where that link leads.
 */
async function parentDirectory(path: string, user: ServerUser): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const self = process.getuid?.() ?? user.uid;
  const found = await lstat(path);
  if (!found.isDirectory()) throw new KeelsonError("data/not-owned", `${path} is not a directory`);
  // Earlier versions gave it to the server's user, which can have put links into it.
  if (user.foreign && found.uid !== self) await lchown(path, self, process.getgid?.() ?? 0);
  await chmod(path, user.foreign ? 0o711 : 0o700);
  for (const name of ["data", "run"]) {
    const inside = await lstatIfPresent(join(path, name));
    if (inside?.isSymbolicLink()) throw new KeelsonError("data/not-owned", `${join(path, name)} is a link`);
  }
}

/** Creates a directory, in one of Keelson's own, that only the server's user (and root) can enter. */
async function ownDirectory(path: string, user: ServerUser): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  if (user.foreign) await lchown(path, user.uid, user.gid);
  await chmod(path, 0o700);
}

/** The path of a Unix socket is limited to 107 bytes on Linux and 103 on macOS; `/.s.PGSQL.65535` takes 15 of them. */
const MAX_SOCKET_DIRECTORY_BYTES = 88;

async function socketDirectory(home: string, user: ServerUser): Promise<string> {
  const near = join(home, "run");
  const path =
    Buffer.byteLength(near) <= MAX_SOCKET_DIRECTORY_BYTES
      ? near
      : join(tmpdir(), `keelson-${user.uid}-${shortHash(home)}`);
  await requireSafeParents(path);
  await mkdir(path, { recursive: true, mode: 0o700 });
  const found = await lstat(path);
  const self = process.getuid?.() ?? user.uid;
  // In a shared /tmp another user may have created it first, to impersonate the server.
  if (!found.isDirectory() || (found.uid !== user.uid && found.uid !== self))
    throw new KeelsonError("postgres/socket-directory", `${path} belongs to another user`);
  await ownDirectory(path, user);
  return path;
}

function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}
