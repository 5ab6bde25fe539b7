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
  /** Sees to it that there is a data directory to start from: makes, keeps or restores one. */
  prepare(signal: AbortSignal): Promise<void>;
  /** Called once it accepts connections and role and database exist. */
  started(server: Server): Promise<void>;
}

/** Starts the database: whatever its start needs first happens as part of it. */
export function startPostgres(work: PostgresWork): Child {
  let server: Server | undefined;
  const giveUp = new AbortController();
  let stopped: "fast" | "immediate" | undefined;
  let becomeReady: () => void = () => undefined;
  const ready = new Promise<void>((resolve) => {
    becomeReady = resolve;
  });

  async function run(): Promise<Exit> {
    try {
      await work.prepare(giveUp.signal);
      const running = await startServer(work.cluster, work.options);
      server = running;
      const exit = once(running.process, "exit");
      if (stopped === undefined) {
        await provision(running, work.password);
        await work.started(running);
        becomeReady();
      } else await running.stop(stopped);
      const [code, signal]: (number | NodeJS.Signals | null)[] = await exit;
      // The warden may have been killed and have left the server behind.
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
    giveUp.abort(new KeelsonError("postgres/start", "it was asked to end before it had started"));
    void server?.stop(mode);
  };
  return {
    pid: () => readPid(join(work.cluster.data, "postmaster.pid")),
    ready,
    exited,
    probe: (timeout) => answers(server, timeout),
    stop: () => end("fast"),
    kill: () => end("immediate"),
  };
}

async function answers(server: Server | undefined, timeout: number): Promise<boolean> {
  if (!server) return false;
  const config = { ...server.superuser, connectionTimeoutMillis: timeout, query_timeout: timeout };
  return asSuperuser({ superuser: config }, "postgres", (client) => client.query("SELECT 1")).then(
    () => true,
    () => false,
  );
}

/** A shell reports a child that a signal killed as 128 and the signal's number. */
function serverExit(
  code: number | NodeJS.Signals | null | undefined,
  signal: number | NodeJS.Signals | null | undefined,
): string {
  if (code === 128 + 9) return "killed by SIGKILL";
  if (typeof code === "number" && code > 128) return `killed by signal ${code - 128}`;
  return exitWords(typeof code === "number" ? code : null, typeof signal === "string" ? signal : null);
}
