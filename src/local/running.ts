import { createHash } from "node:crypto";
import { lookup } from "node:dns/promises";
import { lstat, rm } from "node:fs/promises";
import { isIP } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { z } from "zod";
import { writeAtomically } from "../disk/atomic-file.js";
import { lockOwner } from "../disk/lock.js";
import { makePrivateDirectory } from "../disk/private-directory.js";
import { lstatIfPresent, readIfPresent } from "../disk/read.js";
import { KeelsonError } from "../errors/keelson-error.js";
import { MAX_SOCKET_PATH_BYTES } from "../unix-sockets/socket-path.js";
import type { Layout } from "./layout.js";
import { MAX_SOCKET_NAME_BYTES } from "./processes.js";

const runningSchema = z.object({
  pid: z.number(),
  url: z.string(),
  /** URL of the dashboard, which another process than the gateway may serve. */
  dashboard: z.string(),
  control: z.string(),
  /** Unix sockets of the processes at `url` and `dashboard`. A process that listens on their ports instead gets no credential. */
  sockets: z.object({ url: z.string(), dashboard: z.string() }),
  startedAt: z.number(),
  file: z.string(),
  platform: z.string(),
  environment: z.string(),
  /** Where its backups are stored. */
  backups: z.string(),
  data: z.string(),
  /** How it was started, so that it can be started again. */
  start: z.object({
    /** The absolute path of the platform file. */
    file: z.string(),
    host: z.string(),
    port: z.number(),
    split: z.boolean(),
    backups: z.string().optional(),
  }),
});

/** The contents of `platform.json`: the platform that runs on this data directory, and its addresses. */
export type RunningPlatform = z.infer<typeof runningSchema>;

export async function writeRunning(layout: Layout, running: RunningPlatform): Promise<void> {
  await writeAtomically(layout.running, `${JSON.stringify(running, undefined, 2)}\n`);
}

/**
 * Undefined if there is no such file. A killed platform leaves its file behind. Throws `file/unreadable` if the content is
 * invalid: the platform that it describes may be running. Throws `platform/elsewhere` for an address that is not on this machine.
 */
export async function readRunning(layout: Pick<Layout, "running">): Promise<RunningPlatform | undefined> {
  const text = await readIfPresent(layout.running);
  if (text === undefined) return undefined;
  let running: RunningPlatform;
  try {
    running = runningSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new KeelsonError("file/unreadable", `${layout.running} does not describe a running platform`, {
      cause: error,
    });
  }
  // Credentials of this machine are sent to these addresses.
  for (const url of [running.url, running.dashboard])
    if (!(await isOnThisMachine(url)))
      throw new KeelsonError("platform/elsewhere", `${layout.running} names the address ${url}`);
  return running;
}

/** Whether the host of an HTTP address is this machine: loopback, or the address of one of its interfaces. */
async function isOnThisMachine(url: string): Promise<boolean> {
  if (!URL.canParse(url) || new URL(url).protocol !== "http:") return false;
  const host = new URL(url).hostname.replace(/^\[|\]$/g, "");
  // A name is one that was given to `up --host`.
  const addresses = isIP(host) === 0 ? await lookup(host, { all: true }).catch(() => []) : [{ address: host }];
  const own = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address));
  return addresses.length > 0 && addresses.every(({ address }) => /^127\./.test(address) || own.includes(address));
}

/** The platform that runs on this data directory now; undefined if none does, or if it is at an early step of its start. */
export async function livePlatform(
  layout: Pick<Layout, "running" | "lock" | "sockets">,
): Promise<RunningPlatform | undefined> {
  const owner = await lockOwner(layout.lock);
  if (owner === undefined) return undefined;
  const running = await readRunning(layout);
  if (running?.pid !== owner.pid) return undefined;
  for (const socket of [running.control, ...Object.values(running.sockets)]) await requireOwnSocket(socket, layout);
  return running;
}

/**
 * A socket outside of the data directory is in a directory that all users share. Throws `data/shared` unless it is the socket of the
 * user who wrote `platform.json`: after the directory was removed, another user can create it again.
 */
async function requireOwnSocket(
  socket: string,
  { running, sockets }: Pick<Layout, "running" | "sockets">,
): Promise<void> {
  if (dirname(socket) === dirname(running) || dirname(socket) === sockets) return;
  const [directory, file] = await Promise.all([lstatIfPresent(dirname(socket)), lstat(running)]);
  if (directory === undefined || (directory.isDirectory() && directory.uid === file.uid)) return;
  throw new KeelsonError("data/shared", `${dirname(socket)} is another user's, who would receive the command`, {
    hint: "end the platform by its process id, remove the directory, and start again",
  });
}

export async function removeRunning(layout: Layout): Promise<void> {
  await rm(layout.running, { force: true });
}

/** Creates the directory of the processes' sockets, which only this user can enter: elsewhere for a long data directory. */
export async function socketDirectory(layout: Pick<Layout, "root" | "sockets">): Promise<string> {
  const near = Buffer.byteLength(layout.sockets) + MAX_SOCKET_NAME_BYTES <= MAX_SOCKET_PATH_BYTES;
  const directory = near ? layout.sockets : sharedDirectory("sockets", layout);
  await makePrivateDirectory(directory);
  return directory;
}

/** A directory of this user, for a data directory, in the one for temporary files. */
function sharedDirectory(purpose: string, { root }: Pick<Layout, "root">): string {
  const hash = createHash("sha256").update(root).digest("hex").slice(0, 12);
  return join(tmpdir(), `keelson-${purpose}-${process.getuid?.() ?? 0}-${hash}`);
}

/** A long data directory has its control socket elsewhere. */
export async function controlSocket(layout: Layout): Promise<string> {
  const near = join(layout.root, "control.sock");
  if (Buffer.byteLength(near) <= MAX_SOCKET_PATH_BYTES) return near;
  const directory = sharedDirectory("control", layout);
  await makePrivateDirectory(directory);
  return join(directory, "control.sock");
}
