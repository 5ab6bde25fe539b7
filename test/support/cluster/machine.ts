import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { type Program, startProgram } from "./process.js";

const run = promisify(execFile);

/**
 * An isolated environment with its own network, mount and process namespaces, connected to this machine by a veth pair.
 * When its first process exits, the kernel removes all processes, mounts and interfaces. That process is killed when this
 * process exits, so nothing is left behind.
 */
export interface Machine {
  /** Its address, reachable from here. */
  readonly address: string;
  /** Command prefix that runs a program in the network namespace only, so that a signal can stop it. */
  readonly enterNetwork: readonly string[];
  /** The process that holds its namespaces, as the host numbers it. */
  readonly pid: number;
  /** cgroup folder of its pods, relative to each hierarchy, with a leading slash. */
  readonly cgroup: string;
  /** Starts a program in the machine; it exits with the machine. */
  start(options: { path: string; args: readonly string[]; folder: string }): Program;
  /** Runs a command in the machine and returns what it printed. */
  run(command: readonly string[], limit?: number): Promise<string>;
  /** Kills the machine's processes that have `argument` among their arguments, without warning, or stops them; returns how many. */
  kill(argument: string, signal?: "KILL" | "STOP"): Promise<number>;
  stop(): Promise<void>;
}

export async function startMachine(name: string): Promise<Machine> {
  const isolate = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private"];
  // bash, as the first process, reaps the orphans of the container runtime.
  const first = ["bash", "-c", "sleep infinity & wait"];
  const holder = spawn("setpriv", ["--pdeathsig", "KILL", "--", "unshare", ...isolate, ...first], { stdio: "ignore" });
  const cgroup = `/${name}`;
  try {
    const pid = await firstProcess(holder);
    const address = await connect(pid);
    await makeCgroup(cgroup);
    const inside = async (command: readonly string[], limit: number): Promise<string> => {
      const { stdout } = await run("nsenter", [...enter.slice(1), ...command], { timeout: limit, maxBuffer: 16e6 });
      return stdout;
    };
    const enter = ["nsenter", `--target=${pid}`, "--net", "--mount", "--pid", "--"];
    return {
      address,
      pid,
      cgroup,
      enterNetwork: ["nsenter", `--net=/proc/${pid}/ns/net`, "--"],
      start: ({ path, args, folder }) => startProgram({ path, args, folder, enter }),
      run: (command, limit = 30_000) => inside(command, limit),
      kill: async (argument, signal = "KILL") => {
        // The machine has its own process namespace. Passed as a variable: an argument would also match the script itself.
        const script =
          'for p in /proc/[0-9]*; do tr "\\0" "\\n" <$p/cmdline 2>&- | grep -qxe "$WANTED" && kill -s "$SIGNAL" "${p#/proc/}" && echo killed; done; true';
        return (await inside(["env", `WANTED=${argument}`, `SIGNAL=${signal}`, "bash", "-c", script], 10_000))
          .split("\n")
          .filter((line) => line === "killed").length;
      },
      stop: () => stop(holder, cgroup),
    };
  } catch (error) {
    await stop(holder, cgroup);
    throw error;
  }
}

/** The process id of the machine's first process in the namespace of the host. */
async function firstProcess(holder: ChildProcess): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    if (holder.exitCode !== null) throw new Error(`unshare exited with ${holder.exitCode}`);
    const children = `/proc/${holder.pid}/task/${holder.pid}/children`;
    const pid = Number((await readFile(children, "utf8").catch(() => "")).trim());
    // Before `exec bash` the child may still be setting up its namespaces.
    if (pid > 0 && (await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "")).trim() === "bash") return pid;
    await sleep(20);
  }
  throw new Error("the machine did not start within two seconds");
}

/** Connects the machine's network to the host; returns the machine's address. */
async function connect(pid: number): Promise<string> {
  const taken = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address));
  const third = Array.from({ length: 250 }, (_, index) => (pid + index) % 250).find(
    (candidate) => !taken.includes(`10.251.${candidate}.1`),
  );
  if (third === undefined) throw new Error("no free network for the machine");
  const ours = `keelson${third}`;
  const inside = ["--net", `--target=${pid}`, "--", "ip"];
  await run("ip", ["link", "add", ours, "type", "veth", "peer", "name", "eth0", "netns", String(pid)]);
  await run("ip", ["address", "add", `10.251.${third}.1/30`, "dev", ours]);
  await run("ip", ["link", "set", ours, "up"]);
  await run("nsenter", [...inside, "link", "set", "lo", "up"]);
  await run("nsenter", [...inside, "address", "add", `10.251.${third}.2/30`, "dev", "eth0"]);
  await run("nsenter", [...inside, "link", "set", "eth0", "up"]);
  await run("nsenter", [...inside, "route", "add", "default", "via", `10.251.${third}.1`]);
  // /proc/sys/net belongs to the network namespace of the writing process.
  await run("nsenter", ["--net", `--target=${pid}`, "--", "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"]);
  return `10.251.${third}.2`;
}

/** A cable between two machines, beside their links to the host, which forwards nothing between them. */
export interface Cable {
  /** Unplugs it: every packet between the machines is lost, without an error for the sender. */
  cut(): Promise<void>;
}

let cables = 0;

/** Connects two machines, which reach each other's address over the cable from then on, and `networks` of the other behind it. */
export async function connectMachines(
  one: Machine,
  other: Machine,
  networks: { readonly one: string; readonly other: string },
): Promise<Cable> {
  cables += 1;
  const ends = [
    { machine: one, name: `cable${cables}`, own: `10.253.${cables}.1`, far: `10.253.${cables}.2` },
    { machine: other, name: `cable${cables}`, own: `10.253.${cables}.2`, far: `10.253.${cables}.1` },
  ] as const;
  const [a, b] = ends;
  await run("ip", [
    ...["link", "add", a.name, "netns", String(one.pid), "type", "veth"],
    ...["peer", "name", b.name, "netns", String(other.pid)],
  ]);
  for (const { machine, name, own } of ends) {
    await machine.run(["ip", "address", "add", `${own}/30`, "dev", name]);
    await machine.run(["ip", "link", "set", name, "up"]);
  }
  const behind = [
    { end: a, to: [`${other.address}/32`, networks.other], source: one.address },
    { end: b, to: [`${one.address}/32`, networks.one], source: other.address },
  ];
  for (const { end, to, source } of behind)
    for (const network of to) await end.machine.run(["ip", "route", "add", network, "via", end.far, "src", source]);
  return {
    // A filter and not the end of the link: its routes would go, and the kernel would answer for the lost machine.
    cut: async () => {
      for (const chain of ["INPUT", "FORWARD", "OUTPUT"]) {
        const way = chain === "INPUT" ? ["--in-interface"] : ["--out-interface"];
        await other.run(["iptables", "--wait", "--insert", chain, ...way, b.name, "--jump", "DROP"]);
      }
      await other.run(["iptables", "--wait", "--insert", "FORWARD", "--in-interface", b.name, "--jump", "DROP"]);
    },
  };
}

const CGROUPS = "/sys/fs/cgroup";

/** The folders of all cgroup hierarchies: one for version 2, one per controller for version 1. */
async function hierarchies(): Promise<string[]> {
  if (existsSync(join(CGROUPS, "cgroup.controllers"))) return [CGROUPS];
  const entries = await readdir(CGROUPS, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(CGROUPS, entry.name));
}

/** A separate cgroup for the pods of the machine. */
async function makeCgroup(cgroup: string): Promise<void> {
  for (const hierarchy of await hierarchies()) {
    if (hierarchy === CGROUPS) await writeFile(join(CGROUPS, "cgroup.subtree_control"), "+cpu +cpuset +memory +pids");
    const folder = join(hierarchy, cgroup);
    await mkdir(folder, { recursive: true });
    // In version 1 a new cpuset is empty, and no process can run in it.
    for (const file of ["cpuset.cpus", "cpuset.mems"]) {
      if (hierarchy !== CGROUPS && existsSync(join(hierarchy, file)))
        await writeFile(join(folder, file), await readFile(join(hierarchy, file)));
    }
  }
}

async function stop(holder: ChildProcess, cgroup: string): Promise<void> {
  if (holder.exitCode === null && holder.signalCode === null) {
    const gone = new Promise((resolve) => holder.once("exit", resolve));
    holder.kill("SIGKILL");
    await gone;
  }
  for (const hierarchy of await hierarchies()) await removeCgroup(join(hierarchy, cgroup));
}

/** Removes a cgroup with all below it; the kernel releases it shortly after its last process has exited. */
async function removeCgroup(folder: string): Promise<void> {
  const children = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const child of children) if (child.isDirectory()) await removeCgroup(join(folder, child.name));
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const code = await rmdir(folder).then(
      () => undefined,
      (error: NodeJS.ErrnoException) => error.code,
    );
    if (code !== "EBUSY") return;
    await sleep(50);
  }
}
