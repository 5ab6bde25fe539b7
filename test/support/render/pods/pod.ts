import { execFile } from "node:child_process";
import { chmod, chown, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { IPodSpec } from "kubernetes-models/v1";
import { firstProcess, isolate } from "./isolate.js";
import type { PodNetwork } from "./network.js";

const run = promisify(execFile);

/** The sources of a pod's volumes. */
export interface Sources {
  readonly configMaps: ReadonlyMap<string, Readonly<Record<string, string>>>;
  readonly secrets: ReadonlyMap<string, Readonly<Record<string, string>>>;
}

export interface PodOptions {
  readonly network: PodNetwork;
  readonly name: string;
  readonly namespace: string;
  /** Its DNS names in the cluster. */
  readonly names: readonly string[];
  readonly spec: IPodSpec;
  readonly sources: Sources;
  /** The paths of the image's programs on this machine. */
  readonly path: string;
  /** Settings for the test, such as fewer threads. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Pod {
  readonly address: string;
  /** Runs a command in the pod as its user; returns its output, or fails with its errors. */
  exec(command: readonly string[], environment?: Readonly<Record<string, string>>): Promise<string>;
  log(): Promise<string>;
  /** Resolves with the exit code of its container. */
  readonly ended: Promise<number | null>;
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Drops every packet to and from it, as when its host loses its network, or accepts them again. */
  cutOff(silent: boolean): Promise<void>;
}

/**
 * Runs the first container of a rendered pod as a kubelet does, without its image: on the files of this machine as a read-only
 * root, with the rendered files, secrets, scratch folders and claims at their rendered paths, as the rendered user without
 * capabilities. A claim is a folder that is retained after the pod.
 */
export async function startPod(options: PodOptions): Promise<Pod> {
  const { network, name, spec } = options;
  const [container] = spec.containers ?? [];
  const user = spec.securityContext?.runAsUser;
  if (!container?.command || user === undefined) throw new Error(`${name} has no command or no user`);
  const own = join(network.folder, `${name}-${++started}`);
  const environment = environmentOf(options);
  const root = join(own, "root");
  const mounts = await volumes(options, own, user);
  await mkdir(root, { recursive: true });
  for (const folder of ["upper", "work"]) await mkdir(join(own, folder));
  const setUp = [
    "set -eu",
    `mount -t overlay overlay -o lowerdir=/,upperdir=${own}/upper,workdir=${own}/work ${root}`,
    `mount --rbind /dev ${root}/dev`,
    `mount -t proc proc ${root}/proc`,
    ...["hosts", "resolv.conf"].map((file) => `mount --bind ${network.folder}/${file} ${root}/etc/${file}`),
    ...mounts.map(({ from, to, file }) =>
      file
        ? `mkdir -p ${root}${dirname(to)}; touch ${root}${to}; mount --bind ${from} ${root}${to}`
        : `mkdir -p ${root}${to}; mount --bind ${from} ${root}${to}`,
    ),
    `mount -o remount,ro,bind ${root}`,
    `hostname ${name}`,
    // Its address is set from the host after its network namespace exists.
    'until ip -4 address show eth0 2>/dev/null | grep -q "state UP"; do sleep 0.05; done',
    `exec env -i "$@"`,
  ].join("\n");
  const drop = [
    "setpriv",
    `--reuid=${user}`,
    `--regid=${user}`,
    "--clear-groups",
    "--bounding-set=-all",
    "--no-new-privs",
    // A change of user clears the parent death signal.
    "--pdeathsig=KILL",
  ];
  const enterRoot = ["chroot", root, ...drop, "--"];
  const variables = Object.entries(environment).map(([key, value]) => `${key}=${value}`);
  const log = join(own, "log");
  const isolated = isolate(
    ["--net", "--uts"],
    ["bash", "-c", setUp, "bash", ...variables, ...enterRoot, ...container.command],
    log,
  );
  const ended = new Promise<number | null>((resolve) => isolated.child.once("exit", resolve));
  try {
    const pid = await firstProcess(isolated, "bash");
    const address = await network.join(pid, options.names);
    return {
      address,
      ended,
      log: () => readFile(log, "utf8"),
      stop: (signal = "SIGTERM") => isolated.end(signal),
      cutOff: async (silent) => {
        for (const chain of ["INPUT", "OUTPUT"]) {
          const rule = [silent ? "--insert" : "--delete", chain, "--jump", "DROP"];
          await run("nsenter", [`--target=${pid}`, "--net", "--", "iptables", "--wait", ...rule]);
        }
      },
      exec: async (command, more = {}) => {
        const all = Object.entries({ ...environment, ...more }).map(([key, value]) => `${key}=${value}`);
        const enter = [`--target=${pid}`, "--net", "--uts", "--pid", "--mount", "--root", "--"];
        if (isolated.child.exitCode !== null)
          throw new Error(`${name} has ended: ${(await readFile(log, "utf8")).slice(-2000)}`);
        // The source folder must not be visible in the pod.
        const inRoot = ["sh", "-c", 'cd / && exec "$@"', "sh"];
        const inside = [...enter, "env", "-i", ...all, ...drop, "--", ...inRoot, ...command];
        const { stdout } = await run("nsenter", inside, { timeout: 20_000 });
        return stdout;
      },
    };
  } catch (error) {
    await isolated.end("SIGKILL");
    throw error;
  }
}

let started = 0;

function environmentOf({ spec, name, namespace, path, environment }: PodOptions): Record<string, string> {
  const known: Record<string, string> = { PATH: path, HOSTNAME: name };
  for (const variable of spec.containers[0]?.env ?? []) {
    const field = variable.valueFrom?.fieldRef?.fieldPath;
    const value =
      field === "metadata.name" ? name : field === "metadata.namespace" ? namespace : (variable.value ?? undefined);
    if (value === undefined) throw new Error(`${variable.name} comes from ${field ?? "nowhere"}`);
    known[variable.name] = value.replaceAll(/\$\(([A-Z_]+)\)/g, (whole, other: string) => known[other] ?? whole);
  }
  return { ...known, ...environment };
}

interface Mount {
  readonly from: string;
  readonly to: string;
  readonly file: boolean;
}

async function volumes({ spec, sources, network, name }: PodOptions, own: string, user: number): Promise<Mount[]> {
  const mounts: Mount[] = [];
  for (const { name: volumeName, mountPath, subPath } of spec.containers[0]?.volumeMounts ?? []) {
    const volume = spec.volumes?.find((candidate) => candidate.name === volumeName);
    const claimed = volume === undefined || volume.persistentVolumeClaim !== undefined;
    const folder = claimed ? join(network.folder, "claims", name, volumeName) : join(own, "volumes", volumeName);
    await mkdir(folder, { recursive: true });
    const files = volume?.configMap
      ? sources.configMaps.get(volume.configMap.name ?? "")
      : volume?.secret
        ? chosen(sources.secrets.get(volume.secret.secretName ?? ""), volume.secret.items ?? [])
        : {};
    if (!files) throw new Error(`${name} mounts ${volumeName}, and nothing of that name was rendered`);
    for (const [key, text] of Object.entries(files)) {
      await writeFile(join(folder, key), text);
      await chmod(join(folder, key), volume?.secret?.defaultMode ?? 0o644);
      await chown(join(folder, key), 0, user);
    }
    // The folder belongs to root and to the group of the pod, as with fsGroup.
    await chown(folder, 0, user);
    await chmod(folder, 0o2775);
    mounts.push({ from: subPath ? join(folder, subPath) : folder, to: mountPath, file: subPath !== undefined });
  }
  return mounts;
}

function chosen(
  values: Readonly<Record<string, string>> | undefined,
  items: readonly { readonly key: string; readonly path: string }[],
): Readonly<Record<string, string>> | undefined {
  return values && Object.fromEntries(items.map(({ key, path }) => [path, values[key] ?? ""]));
}
