import { once } from "node:events";
import { join } from "node:path";
import { KeelsonError } from "../../errors/keelson-error.js";
import { messageOf } from "../../errors/thrown.js";
import type { Cluster } from "../../postgres/cluster.js";
import { provision } from "../../postgres/provision.js";
import { asSuperuser, type Server, type ServerOptions, startServer } from "../../postgres/server.js";
import { endStrays, readPid } from "../../postgres/strays.js";
import { type Child, type Exit, exitWords } from "./child.js";

export interface PostgresWork {
  readonly cluster: Cluster;
  readonly password: string;
  readonly options: Pick<ServerOptions, "port" | "archive">;
  /** Provides the data directory: creates, keeps or restores it. */
  prepare(signal: AbortSignal): Promise<void>;
  /** Called once it accepts connections, and its role and database exist. */
  started(server: Server): Promise<void>;
}

/** Starts the database. Its preparation is part of the start. */
export function startPostgres(work: PostgresWork): Child {
  let server: Server | undefined;
  const cancelled = new AbortController();
  let stopped: "fast" | "immediate" | undefined;
  let markReady: () => void = () => undefined;
  const ready = new Promise<void>((resolve) => {
    markReady = resolve;
  });

  async function run(): Promise<Exit> {
    try {
      await work.prepare(cancelled.signal);
      const running = await startServer(work.cluster, work.options);
      server = running;
      const exit = once(running.process, "exit");
      if (stopped === undefined) {
        await provision(running, work.password);
        await work.started(running);
        markReady();
      } else await running.stop(stopped);
      const [code, signal]: (number | NodeJS.Signals | null)[] = await exit;
      // If the parent process of the server was killed, the server may still be running.
      await endStrays(work.cluster.data);
      return { how: serverExit(code, signal) };
    } catch (error) {
      await server?.stop("immediate");
      const known = error instanceof KeelsonError ? error : new KeelsonError("postgres/start", messageOf(error));
      return { how: known.message, error: known };
    }
  }

  const exited = run();
  const end = (mode: "fast" | "immediate"): void => {
    stopped = mode;
    cancelled.abort(new KeelsonError("postgres/start", "stopped before it had started"));
    void server?.stop(mode);
  };
  return {
    pid: () => readPid(join(work.cluster.data, "postmaster.pid")),
    ready,
    exited,
    probe: (timeout) => responds(server, timeout),
    stop: () => end("fast"),
    kill: () => end("immediate"),
  };
}

async function responds(server: Server | undefined, timeout: number): Promise<boolean> {
  if (!server) return false;
  const config = { ...server.superuser, connectionTimeoutMillis: timeout, query_timeout: timeout };
  return asSuperuser({ superuser: config }, "postgres", (client) => client.query("SELECT 1")).then(
    () => true,
    () => false,
  );
}

/** A shell reports a child that was killed by a signal as exit code 128 plus the signal's number. */
function serverExit(
  code: number | NodeJS.Signals | null | undefined,
  signal: number | NodeJS.Signals | null | undefined,
): string {
  if (code === 128 + 9) return "killed by SIGKILL";
  if (typeof code === "number" && code > 128) return `killed by signal ${code - 128}`;
  return exitWords(typeof code === "number" ? code : null, typeof signal === "string" ? signal : null);
}
