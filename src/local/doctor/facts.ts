import { execFile } from "node:child_process";
import { statfs } from "node:fs/promises";
import { availableParallelism, freemem } from "node:os";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { EnvHttpProxyAgent, request } from "undici";
import { z } from "zod";
import { readIfPresent } from "../../disk/read.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { messageOf } from "../../errors/thrown.js";
import { findBinaries } from "../../postgres/binaries.js";
import { serverUser } from "../../postgres/server-user.js";
import { requireFreePort } from "../port-owner.js";

/** Something that was looked for on this machine: its description, or why it cannot be used. */
export type Found = { readonly ok: true; readonly what: string } | { readonly ok: false; readonly why: string };

/** What `keelson doctor` observed on this machine. Sizes are in bytes. */
export interface MachineFacts {
  readonly node: string;
  readonly cpus: number;
  /** Memory that new processes can use. */
  readonly memory: number;
  /** Free space of the file system of the current directory, for this user. */
  readonly disk: number;
  /** Soft limit of open files; undefined where it cannot be read. */
  readonly openFiles: number | undefined;
  readonly postgres: Found;
  readonly llama: Found;
  readonly port: Found;
  readonly pip: Found;
  readonly hub: Found;
  readonly docker: Found;
}

const run = promisify(execFile);
const COMMAND_TIMEOUT_MS = 10_000;
const HUB_TIMEOUT_MS = 4_000;
const DEFAULT_HUB = "https://huggingface.co";
const LLAMA_PROBE = fileURLToPath(new URL("./llama-probe.js", import.meta.url));

/** Observes this machine. Every observation has a time limit, and none of them throws. */
export async function machineFacts(port: number): Promise<MachineFacts> {
  const [postgres, llama, free, pip, hub, docker, disk, memory, openFiles] = await Promise.all([
    found(postgresVersion),
    found(llamaBackend),
    found(() => freePort(port)),
    found(pipVersion),
    found(hubAddress),
    found(dockerVersion),
    statfs(".").then(({ bavail, bsize }) => bavail * bsize),
    availableMemory(),
    openFileLimit(),
  ]);
  const cpus = availableParallelism();
  return { node: process.versions.node, cpus, memory, disk, openFiles, postgres, llama, port: free, pip, hub, docker };
}

async function found(look: () => Promise<string>): Promise<Found> {
  try {
    return { ok: true, what: await look() };
  } catch (error) {
    return { ok: false, why: error instanceof KeelsonError ? error.message : commandFailure(error) };
  }
}

const failedCommand = z.object({ cmd: z.string(), killed: z.boolean().default(false), stderr: z.string() });

/** Why a command failed: the last line of its stderr, where programs put their conclusion. */
function commandFailure(error: unknown): string {
  const failed = failedCommand.safeParse(error);
  if (!failed.success) return messageOf(error).split("\n")[0] ?? "";
  const { cmd, killed, stderr } = failed.data;
  const program = cmd.split(" ")[0] ?? "";
  if (killed) return `${program} did not answer within ${COMMAND_TIMEOUT_MS / 1000} s`;
  return stderr.trim().split("\n").at(-1) || `${program} failed`;
}

async function postgresVersion(): Promise<string> {
  const user = await serverUser();
  const { directory } = await findBinaries(user);
  const { stdout } = await run(`${directory}/postgres`, ["--version"], { timeout: COMMAND_TIMEOUT_MS });
  return `${stdout.trim()}, as the user ${user.name}`;
}

async function llamaBackend(): Promise<string> {
  const { stdout } = await run(process.execPath, [LLAMA_PROBE], { timeout: COMMAND_TIMEOUT_MS });
  return `llama.cpp on ${stdout}`;
}

async function freePort(port: number): Promise<string> {
  await requireFreePort("127.0.0.1", port);
  return `port ${port} is free`;
}

async function pipVersion(): Promise<string> {
  const attempts = [["pip3"], ["pip"], ["python3", "-m", "pip"]];
  for (const [command = "", ...args] of attempts) {
    const answer = await run(command, [...args, "--version"], { timeout: COMMAND_TIMEOUT_MS }).catch(() => undefined);
    const version = /^pip \S+/.exec(answer?.stdout ?? "")?.[0];
    if (version !== undefined) return version;
  }
  throw new Error("neither pip3, pip nor python3 -m pip runs");
}

async function hubAddress(): Promise<string> {
  const address = process.env["HF_ENDPOINT"] || DEFAULT_HUB;
  const { statusCode, body } = await request(address, {
    method: "HEAD",
    // As downloads do.
    dispatcher: new EnvHttpProxyAgent({ proxyTunnel: false }),
    signal: AbortSignal.timeout(HUB_TIMEOUT_MS),
  });
  await body.dump();
  if (statusCode >= 500) throw new Error(`${address} returned status ${statusCode}`);
  return address;
}

async function dockerVersion(): Promise<string> {
  const { stdout } = await run("docker", ["version", "--format", "{{.Server.Version}}"], {
    timeout: COMMAND_TIMEOUT_MS,
  });
  return `Docker ${stdout.trim()}`;
}

async function availableMemory(): Promise<number> {
  const kilobytes = /^MemAvailable:\s+(\d+) kB/m.exec((await readIfPresent("/proc/meminfo")) ?? "")?.[1];
  return kilobytes === undefined ? freemem() : Number(kilobytes) * 1024;
}

async function openFileLimit(): Promise<number | undefined> {
  const soft = /^Max open files\s+(\d+|unlimited)/m.exec((await readIfPresent("/proc/self/limits")) ?? "")?.[1];
  if (soft === undefined) return undefined;
  return soft === "unlimited" ? Number.POSITIVE_INFINITY : Number(soft);
}
