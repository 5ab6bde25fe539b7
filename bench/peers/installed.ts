import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Peer, pidOf, stop } from "../processes.js";
import { freePort } from "./nginx.js";

const INSTALL_TIMEOUT_MS = 15 * 60_000;
const START_TIMEOUT_MS = 120_000;

/** A gateway of another project, installed on demand. */
interface InstalledPeer {
  readonly name: string;
  readonly version: string;
  /** Installs it into an empty directory. Throws when that fails. */
  install(directory: string): void;
  /** The command of a server on a loopback port, in front of `upstream`; `scratch` is an empty directory for its files. */
  command(directory: string, upstream: string, port: number, scratch: string): Promise<readonly string[]>;
  /** Headers of a request. */
  headers(upstream: string): Readonly<Record<string, string>>;
}

/** A peer that runs, or why it cannot. */
export type StartedPeer =
  | ({ readonly kind: "running"; readonly name: string; readonly headers: Readonly<Record<string, string>> } & Peer)
  | { readonly kind: "skipped"; readonly name: string; readonly reason: string };

const PORTKEY: InstalledPeer = {
  name: "Portkey",
  version: "1.15.2",
  install(directory) {
    const target = `@portkey-ai/gateway@${this.version}`;
    run("npm", ["install", "--prefix", directory, "--no-audit", "--no-fund", "--ignore-scripts", target]);
  },
  command: async (directory, _upstream, port) => [
    process.execPath,
    join(directory, "node_modules/@portkey-ai/gateway/build/start-server.js"),
    "--headless",
    `--port=${port}`,
  ],
  headers: (upstream) => ({
    "x-portkey-provider": "openai",
    "x-portkey-custom-host": `${upstream}/v1`,
    authorization: "Bearer bench",
  }),
};

const LITELLM: InstalledPeer = {
  name: "LiteLLM",
  version: "1.100.5",
  install(directory) {
    run("python3", ["-m", "venv", directory]);
    run(join(directory, "bin/pip"), ["install", "--quiet", `litellm[proxy]==${this.version}`]);
  },
  async command(directory, upstream, port, scratch) {
    const config = join(scratch, "config.yaml");
    await writeFile(
      config,
      `model_list:
  - model_name: bench
    litellm_params: { model: openai/bench, api_base: "${upstream}/v1", api_key: bench }
`,
    );
    const program = join(directory, "bin/litellm");
    return [program, "--config", config, "--host", "127.0.0.1", "--port", String(port), "--num_workers", "1"];
  },
  headers: () => ({ authorization: "Bearer bench" }),
};

export const INSTALLED_PEERS: readonly InstalledPeer[] = [PORTKEY, LITELLM];

/** Starts a peer in front of `upstream`, and installs it first if necessary. Never rejects: a failure is returned as the reason. */
export async function startInstalled(peer: InstalledPeer, upstream: string): Promise<StartedPeer> {
  const { name } = peer;
  const scratch = await mkdtemp(join(tmpdir(), "keelson-peer-"));
  try {
    const directory = installed(peer);
    const port = await freePort();
    const [program = "", ...args] = await peer.command(directory, upstream, port, scratch);
    const child = spawn(program, args, { stdio: "ignore", cwd: scratch });
    const url = `http://127.0.0.1:${port}`;
    const end = async (): Promise<void> => {
      await stop(child);
      await rm(scratch, { recursive: true, force: true });
    };
    const headers = peer.headers(upstream);
    for (const deadline = Date.now() + START_TIMEOUT_MS; ; await sleep(200)) {
      if (child.exitCode !== null) throw new Error(`it exited with ${child.exitCode}`);
      if (await isReady(url, headers)) break;
      if (Date.now() < deadline) continue;
      await end();
      throw new Error(`it did not respond within ${START_TIMEOUT_MS / 1000} s`);
    }
    return { kind: "running", name: `${name} ${peer.version}`, pid: pidOf(child), url, headers, stop: end };
  } catch (error) {
    await rm(scratch, { recursive: true, force: true });
    const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
    return { kind: "skipped", name: `${name} ${peer.version}`, reason: reason ?? "unknown" };
  }
}

/** The directory of the installed peer, in the cache that tools/install.sh uses; a file in it marks a complete install. */
function installed(peer: InstalledPeer): string {
  const cache =
    process.env["KEELSON_TOOLS"] ??
    join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "keelson", "tools");
  const directory = join(cache, `${peer.name.toLowerCase()}-${peer.version}`);
  const complete = join(directory, "complete");
  if (existsSync(complete)) return directory;
  process.stderr.write(`installing ${peer.name} ${peer.version} …\n`);
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  peer.install(directory);
  writeFileSync(complete, "");
  return directory;
}

function run(command: string, args: readonly string[]): void {
  execFileSync(command, args, { stdio: ["ignore", "ignore", "pipe"], timeout: INSTALL_TIMEOUT_MS });
}

async function isReady(url: string, headers: Readonly<Record<string, string>>): Promise<boolean> {
  const body = JSON.stringify({ model: "bench", messages: [{ role: "user", content: "Ready?" }] });
  return fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body,
  }).then(
    ({ ok }) => ok,
    () => false,
  );
}
