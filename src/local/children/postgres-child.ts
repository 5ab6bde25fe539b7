import { once } from "node:events";
import pg from "pg";
import { KeelsonError } from "../../errors/keelson-error.js";
import { messageOf } from "../../errors/thrown.js";
import type { Cluster } from "../../postgres/cluster.js";
import { provision } from "../../postgres/provision.js";
import { asSuperuser, type Server, type ServerOptions, startServer } from "../../postgres/server.js";
import { endStrays, serverPid } from "../../postgres/strays.js";
import { type Child, describeExit, type Exit } from "./child.js";

export interface PostgresOptions {
  readonly cluster: Cluster;
  readonly password: string;
  readonly server: Pick<ServerOptions, "archive">;
  /** Provides the data directory: creates, reuses or restores it. */
  prepare(signal: AbortSignal): Promise<void>;
  /** Called once it accepts connections, and its role and database exist. */
  started(server: Server): Promise<void>;
  /** Called if the server did not start, unless it was stopped. Returns whether another preparation can help. */
  startFailed(error: unknown): Promise<boolean>;
}

/** Starts the database. Its preparation is part of the start. */
export function startPostgres(options: PostgresOptions): Child {
  let server: Server | undefined;
  const cancelled = new AbortController();
  let stopped: "fast" | "immediate" | undefined;
  let markReady: () => void = () => undefined;
  const ready = new Promise<void>((resolve) => {
    markReady = resolve;
  });

  async function startPrepared(): Promise<Server> {
    for (;;) {
      await options.prepare(cancelled.signal);
      try {
        return await startServer(options.cluster, options.server);
      } catch (error) {
        if (stopped !== undefined || !(await options.startFailed(error))) throw error;
      }
    }
  }

  async function run(): Promise<Exit> {
    try {
      const running = await startPrepared();
      server = running;
      const exit = once(running.process, "exit");
      if (stopped === undefined) {
        await provision(running, options.password);
        await options.started(running);
        markReady();
      } else await running.stop(stopped);
      const [code, signal]: (number | NodeJS.Signals | null)[] = await exit;
      // If the parent process of the server was killed, the server may still be running.
      await endStrays(options.cluster.data, options.cluster.user);
      return { how: serverExit(code, signal) };
    } catch (error) {
      await server?.stop("immediate");
      const reported = error instanceof KeelsonError ? error : new KeelsonError("postgres/start", messageOf(error));
      return { how: reported.message, error: reported };
    }
  }

  const exited = run();
  const end = (mode: "fast" | "immediate"): void => {
    stopped = mode;
    cancelled.abort(new KeelsonError("postgres/start", "stopped before it had started"));
    void server?.stop(mode);
  };
  return {
    pid: () => serverPid(options.cluster.data, options.cluster.user),
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
    // A server that refuses a connection, as all are taken or it recovers from the crash of a backend, is not hung.
    (error: unknown) => error instanceof pg.DatabaseError,
  );
}

/** A shell reports a child that was killed by a signal as exit code 128 plus the signal's number. */
function serverExit(
  code: number | NodeJS.Signals | null | undefined,
  signal: number | NodeJS.Signals | null | undefined,
): string {
  if (code === 128 + 9) return "killed by SIGKILL";
  if (typeof code === "number" && code > 128) return `killed by signal ${code - 128}`;
  return describeExit(typeof code === "number" ? code : null, typeof signal === "string" ? signal : null);
}
