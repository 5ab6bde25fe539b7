import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { messageOf } from "../../../src/errors/thrown.js";
import { startMachine } from "../cluster/machine.js";
import { until } from "../cluster/process.js";

const run = promisify(execFile);

/** A Docker daemon in an isolated machine. `stop` ends it with all of its containers. */
export interface Docker {
  /** Runs the `docker` command line against it and returns what it printed. */
  docker(args: readonly string[], options?: RunOptions): Promise<string>;
  /** Runs `docker compose` in a folder. */
  compose(folder: string, args: readonly string[], options?: RunOptions): Promise<string>;
  /** Runs a program in the network namespace of the daemon, where ports are published on loopback. */
  inside(command: readonly string[], options?: RunOptions): Promise<string>;
  stop(): Promise<void>;
}

export interface RunOptions {
  /** Milliseconds. */
  readonly limit?: number;
  readonly environment?: Readonly<Record<string, string>>;
}

/** @param programs paths of `docker`, `dockerd` and `docker-compose` */
export async function startDocker(programs: { docker: string; dockerd: string; compose: string }): Promise<Docker> {
  const folder = await mkdtemp(join(tmpdir(), "keelson-docker-"));
  const machine = await startMachine(`keelson-docker-${process.pid}`);
  const socket = join(folder, "docker.sock");
  const environment = { ...process.env, DOCKER_HOST: `unix://${socket}`, DOCKER_BUILDKIT: "0", DOCKER_CONFIG: folder };
  const call = async (path: string, args: readonly string[], options: RunOptions = {}, cwd?: string) => {
    const settings = { timeout: options.limit ?? 60_000, maxBuffer: 32e6, ...(cwd === undefined ? {} : { cwd }) };
    try {
      return (await run(path, [...args], { env: { ...environment, ...options.environment }, ...settings })).stdout;
    } catch (error) {
      // A build prints its errors to standard output.
      const said = error instanceof Error && "stdout" in error ? String(error.stdout).slice(-3000) : "";
      throw new Error(`${messageOf(error)}\n${said}`, { cause: error });
    }
  };
  const stop = async () => {
    await machine.stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 10 });
  };
  try {
    const daemon = machine.start({
      path: programs.dockerd,
      args: [
        `--data-root=${join(folder, "data")}`,
        `--exec-root=${join(folder, "exec")}`,
        `--host=unix://${socket}`,
        `--pidfile=${join(folder, "docker.pid")}`,
        `--cgroup-parent=${machine.cgroup}`,
      ],
      folder,
    });
    await until("the Docker daemon answers", 30_000, [daemon], () =>
      call(programs.docker, ["version"]).then(
        () => true,
        () => false,
      ),
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    docker: (args, options) => call(programs.docker, args, options),
    compose: (where, args, options) => call(programs.compose, args, options, where),
    inside: ([path = "", ...args], options) => {
      const [enter = "", ...words] = machine.enterNetwork;
      return call(enter, [...words, path, ...args], options);
    },
    stop,
  };
}
