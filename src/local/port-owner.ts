import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { isSystemError } from "../disk/disk-errors.js";
import { lockOwner } from "../disk/lock.js";
import { openFilesOf, processIds, readProcessFile, tcpSockets } from "../disk/proc.js";
import { KeelsonError } from "../errors/keelson-error.js";
import { layout } from "./layout.js";
import { readRunning } from "./running.js";

const run = promisify(execFile);
const LISTENING = "0A";

/** Throws `port/in-use` with the process that uses the port and the next free port, `port/forbidden` or `host/unknown`. */
export async function requireFreePort(host: string, port: number): Promise<void> {
  if (await isFree(host, port)) return;
  const owner = await describeOwner(port);
  const next = await nextFree(host, port + 1);
  throw new KeelsonError("port/in-use", `port ${port} is in use${owner ? ` by ${owner}` : ""}`, {
    hint: next === undefined ? "choose another: --port N" : `the next free one: --port ${next}`,
  });
}

async function isFree(host: string, port: number): Promise<boolean> {
  const probe = createServer();
  try {
    probe.listen(port, host);
    await once(probe, "listening");
    return true;
  } catch (error) {
    if (isSystemError(error) && error.code === "EADDRINUSE") return false;
    if (isSystemError(error) && error.code === "EACCES")
      throw new KeelsonError("port/forbidden", `this user is not allowed to listen on port ${port}`, {
        cause: error,
      });
    if (isSystemError(error) && (error.code === "EADDRNOTAVAIL" || error.code === "ENOTFOUND"))
      throw new KeelsonError("host/unknown", `${host} is not an address of this machine`, {
        cause: error,
      });
    throw error;
  } finally {
    if (probe.listening) probe.close();
  }
}

async function nextFree(host: string, from: number): Promise<number | undefined> {
  for (let port = from; port < Math.min(from + 100, 65_536); port += 1) if (await isFree(host, port)) return port;
  return undefined;
}

/** `nginx -g daemon off; (pid 4711)`, as far as this user has permission to read it; a Keelson platform by its name and data directory. */
async function describeOwner(port: number): Promise<string | undefined> {
  const pid = process.platform === "linux" ? await ownerFromProc(port) : await ownerFromLsof(port);
  if (pid === undefined) return undefined;
  const { stdout } = await run("ps", ["-ww", "-o", "args=", "-p", String(pid)]).catch(() => ({ stdout: "" }));
  const platform = await platformOf(stdout.trim(), pid);
  if (platform) return platform;
  const command = stdout.trim().slice(0, 80) || ((await readProcessFile(pid, "comm")) ?? "").trim();
  return command ? `${command} (pid ${pid})` : `pid ${pid}`;
}

/** The platform that a `keelson serve` of `up` belongs to: its command line contains the path of the plan in the data directory. */
async function platformOf(command: string, pid: number): Promise<string | undefined> {
  const plan = /keelson\.js serve --plan (\/.+?plan\.json) --modules /.exec(command)?.[1];
  if (plan === undefined) return undefined;
  const places = layout(dirname(plan));
  // For the message only: an invalid file of the other platform must not hide that the port is in use.
  const owner = await lockOwner(places.lock).catch(() => "unknown");
  if (owner === undefined)
    return `a process of a killed platform on ${places.root} (pid ${pid}), which exits once its requests in flight are complete`;
  const running = await readRunning(places).catch(() => undefined);
  return running
    ? `the platform ${running.platform} (${running.environment}) on ${places.root} (pid ${pid})`
    : `a platform that is starting on ${places.root} (pid ${pid})`;
}

async function ownerFromProc(port: number): Promise<number | undefined> {
  const inodes = new Set<string>();
  for (const table of ["tcp", "tcp6"] as const) {
    for (const line of await tcpSockets(table)) {
      const fields = line.trim().split(/\s+/);
      const local = Number.parseInt(fields[1]?.split(":")[1] ?? "", 16);
      if (local === port && fields[3] === LISTENING && fields[9] !== undefined) inodes.add(`socket:[${fields[9]}]`);
    }
  }
  for (const pid of await processIds()) if ((await openFilesOf(pid)).some((file) => inodes.has(file))) return pid;
  return undefined;
}

async function ownerFromLsof(port: number): Promise<number | undefined> {
  const { stdout } = await run("lsof", ["-nP", `-iTCP:${port}`, "-sTCP:LISTEN", "-t"]).catch(() => ({ stdout: "" }));
  const pid = Number(stdout.split("\n")[0]);
  return Number.isInteger(pid) && pid > 0 ? pid : undefined;
}
