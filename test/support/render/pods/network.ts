import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { firstProcess, type Isolated, isolate } from "./isolate.js";

const run = promisify(execFile);

/**
 * An isolated network of pods: each pod has an address, and all resolve the same names. The kernel removes it when this
 * process exits.
 */
export class PodNetwork {
  readonly folder: string;
  readonly #holder: Isolated;
  readonly #pid: number;
  readonly #names = new Map<string, string>();
  #next = 1;

  private constructor(folder: string, holder: Isolated, pid: number) {
    this.folder = folder;
    this.#holder = holder;
    this.#pid = pid;
  }

  static async start(): Promise<PodNetwork> {
    const folder = await mkdtemp(join(tmpdir(), "keelson-pods-"));
    const holder = isolate(["--net"], ["sleep", "infinity"], join(folder, "network.log"));
    try {
      const pid = await firstProcess(holder, "sleep");
      const network = new PodNetwork(folder, holder, pid);
      await network.#ip("link", "add", "pods", "type", "bridge");
      await network.#ip("link", "set", "pods", "up");
      await network.#writeNames();
      // No server listens there: a name that is not in the list fails at once.
      await writeFile(join(folder, "resolv.conf"), "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n");
      return network;
    } catch (error) {
      await holder.end("SIGKILL");
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Connects the network of a process to this one, with a new address each time, as in a cluster. */
  async join(pid: number, names: readonly string[]): Promise<string> {
    const number = this.#next;
    this.#next += 1;
    const address = `10.252.${Math.floor(number / 250)}.${(number % 250) + 1}`;
    const inside = (...args: string[]) => run("nsenter", [`--target=${pid}`, "--net", "--", "ip", ...args]);
    await this.#ip("link", "add", `pod${number}`, "type", "veth", "peer", "name", "eth0", "netns", String(pid));
    await this.#ip("link", "set", `pod${number}`, "master", "pods", "up");
    await inside("link", "set", "lo", "up");
    await inside("address", "add", `${address}/16`, "dev", "eth0");
    for (const name of names) this.#names.set(name, address);
    await this.#writeNames();
    await inside("link", "set", "eth0", "up");
    return address;
  }

  /** The command prefix that runs a client in this network, whose address is outside those of the pods. */
  async enter(): Promise<readonly string[]> {
    await this.#ip("address", "replace", "10.252.255.254/16", "dev", "pods");
    return ["nsenter", `--target=${this.#pid}`, "--net", "--"];
  }

  async stop(): Promise<void> {
    await this.#holder.end("SIGKILL");
    await rm(this.folder, { recursive: true, force: true });
  }

  async #ip(...args: string[]): Promise<void> {
    await run("nsenter", [`--target=${this.#pid}`, "--net", "--", "ip", ...args]);
  }

  /** In place: every pod has this very file mounted. */
  async #writeNames(): Promise<void> {
    const lines = [...this.#names].map(([name, address]) => `${address} ${name}`);
    await writeFile(join(this.folder, "hosts"), ["127.0.0.1 localhost", ...lines, ""].join("\n"));
  }
}
