import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { diskFull } from "../disk/disk-errors.js";
import { statIfPresent } from "../disk/read.js";
import { KeelsonError } from "../errors/keelson-error.js";
import { PostgresClient } from "../postgres-client/client.js";
import { DATABASE_GRACE_MS, HUNG_DATABASE_GRACE_MS } from "../promises/facts/supervisor.js";
import { writeAccessRules } from "./access.js";
import type { Cluster } from "./cluster.js";
import { serverEnvironment } from "./environment.js";
import { requireSameMajor } from "./major-version.js";
import { SOCKET_PORT, serverArguments } from "./settings.js";
import { endStrays, pidFileLines, serverPid } from "./strays.js";
import { SILENT_START_TIMEOUT_MS, waitForStart } from "./wait-for-start.js";

/**
 * A shell that is the parent process of the server. Its standard input is a pipe that only Keelson keeps open: when
 * Keelson exits for any reason, also by SIGKILL, the pipe closes and the shell shuts the server down. So no server
 * keeps the data directory locked. The file `stopping` makes archive commands fail instead of waiting for a reply.
 */
const parentShell = `
exec 3<&0 </dev/null
"$@" 3<&- &
server=$!
(
  read -r _ <&3
  : > stopping
  kill -INT "$server" 2>/dev/null
  sleep 15
  kill -QUIT "$server" 2>/dev/null
) &
watcher=$!
wait "$server"
code=$?
kill "$watcher" 2>/dev/null
exit "$code"
`;

export interface ServerOptions {
  readonly archive?: { readonly command: string; readonly timeoutSeconds: number };
  /** On by default. */
  readonly autovacuum?: boolean;
  /** On by default. */
  readonly fsync?: boolean;
}

/** A running server. */
export interface Server {
  /** The parent shell, which exits with the server. */
  readonly process: ChildProcess;
  /** Connection settings of the superuser, over the socket. */
  readonly superuser: pg.ClientConfig;
  /** Process id of the postmaster, for tests and drills that kill it. */
  pid(): Promise<number | undefined>;
  /** `fast` rolls back open transactions and writes a checkpoint; after `immediate` the next start recovers. */
  stop(mode: "fast" | "immediate"): Promise<void>;
}

/** Starts the server and waits until it accepts connections. Throws `postgres/start` with the server's message. */
export async function startServer(cluster: Cluster, options: ServerOptions = {}): Promise<Server> {
  await requireSameMajor(cluster);
  await endStrays(cluster.data, cluster.user);
  // The lock of a killed server's socket counts as held if another process has its id now.
  for (const name of ["stopping", `.s.PGSQL.${SOCKET_PORT}.lock`]) await rm(join(cluster.run, name), { force: true });
  // Those of an earlier version, or of a server that was run by hand, may accept other connections.
  await writeAccessRules(cluster.data, cluster.user);
  const logStart = (await statIfPresent(cluster.log))?.size ?? 0;
  const log = await open(cluster.log, "a", 0o600);
  const { uid, gid } = cluster.user;
  const args = serverArguments({
    socketDirectory: cluster.run,
    archive: options.archive,
    autovacuum: options.autovacuum ?? true,
    fsync: options.fsync ?? true,
  });
  let child: ChildProcess;
  try {
    child = spawn(
      "sh",
      [
        "-c",
        parentShell,
        "keelson-postgres",
        join(cluster.binaries.directory, "postgres"),
        "-D",
        cluster.data,
        ...args,
      ],
      {
        ...(cluster.user.foreign && { uid, gid }),
        cwd: cluster.run,
        env: serverEnvironment(process.env),
        stdio: ["pipe", log.fd, log.fd],
        // A session of its own: Ctrl-C in the terminal reaches only Keelson, which then stops the processes in order.
        detached: true,
      },
    );
    await once(child, "spawn");
  } finally {
    await log.close();
  }
  // Nothing is written to the pipe; the shell only detects when it closes.
  child.stdin?.on("error", () => undefined);
  const server = describe(cluster, child);
  await waitUntilReady(cluster, server, logStart);
  // The checkpointer has slept since the server was in recovery, in which it ignores `archive_timeout`: without a request it
  // would first look at that after `checkpoint_timeout`.
  if (options.archive) await asSuperuser(server, "postgres", (client) => client.query("CHECKPOINT"));
  return server;
}

/**
 * The superuser works in a database whose owner is another role, which may create functions and operators there: only the names
 * of the system are resolved without a schema (CVE-2018-1058). Nor do settings of the database apply to it
 * (`ALTER DATABASE … SET`): a timeout of queries is not meant for a backup.
 */
const SUPERUSER_OPTIONS = [
  "search_path=pg_catalog,pg_temp",
  "statement_timeout=0",
  "lock_timeout=0",
  "idle_in_transaction_session_timeout=0",
  "default_transaction_read_only=off",
]
  .map((setting) => `-c ${setting}`)
  .join(" ");

function describe(cluster: Cluster, child: ChildProcess): Server {
  const pid = () => serverPid(cluster.data, cluster.user);
  const ended = () => child.exitCode !== null || child.signalCode !== null;
  return {
    process: child,
    superuser: {
      host: cluster.run,
      port: SOCKET_PORT,
      user: "postgres",
      database: "postgres",
      options: SUPERUSER_OPTIONS,
    },
    pid,
    async stop(mode) {
      const exit = ended() ? undefined : once(child, "exit");
      const postmaster = await pid();
      if (postmaster !== undefined && exit) signal(postmaster, mode === "fast" ? "SIGINT" : "SIGQUIT");
      const timeoutMs = mode === "fast" ? DATABASE_GRACE_MS : HUNG_DATABASE_GRACE_MS;
      if (exit && !(await inTime(exit, timeoutMs)) && postmaster !== undefined && mode === "immediate")
        // A hung process reacts to no other signal. Its child processes are ended below, and the log recovers the data.
        signal(postmaster, "SIGKILL");
      // Also ends the server of a parent shell that was killed.
      await endStrays(cluster.data, cluster.user);
    },
  };
}

async function inTime(event: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  const done = new AbortController();
  const timeout = sleep(timeoutMs, false, { signal: done.signal }).catch(() => false);
  const first = await Promise.race([event.then(() => true), timeout]);
  done.abort();
  return first;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has exited already.
  }
}

/** Watches the pid file as pg_ctl does: its eighth line is `ready` when connections are accepted. */
async function waitUntilReady(cluster: Cluster, server: Server, logStart: number): Promise<void> {
  const { process: child } = server;
  const outcome = await waitForStart({
    ended: () => child.exitCode !== null || child.signalCode !== null,
    ready: async () => (await pidFileLines(cluster.data))[7]?.trim() === "ready",
    logBytes: async () => (await statIfPresent(cluster.log))?.size ?? 0,
  });
  if (outcome === "ready") return;
  if (outcome === "ended") throw await startError(cluster, logStart);
  await server.stop("immediate");
  const silent = `it has logged nothing for ${SILENT_START_TIMEOUT_MS / 1000} s`;
  throw new KeelsonError("postgres/start", `PostgreSQL is not ready, and ${silent}`, {
    hint: `its log: ${cluster.log}`,
  });
}

async function startError(cluster: Cluster, logStart: number): Promise<KeelsonError> {
  const output = (await readFile(cluster.log)).subarray(logStart).toString("utf8");
  if (output.includes("No space left on device")) return diskFull(cluster.data);
  const fatal = output.split("\n").findLast((line) => /FATAL|PANIC|error while loading shared libraries/.test(line));
  const message = fatal?.replace(/^.*?(FATAL|PANIC):\s*/, "") ?? "it exited at once";
  return new KeelsonError("postgres/start", `PostgreSQL did not start: ${message}`, {
    hint: `its log: ${cluster.log}`,
  });
}

/** Runs queries as the superuser. Names of other schemas than `pg_catalog` must be qualified. */
export function asSuperuser<T>(
  server: Pick<Server, "superuser">,
  database: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  return withClient({ ...server.superuser, database, application_name: "keelson" }, work);
}

/** Runs queries on a new connection, and closes it. */
export async function withClient<T>(settings: pg.ClientConfig, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new PostgresClient(settings);
  // A server that exits during a query rejects the query; without a listener, this event would end the process.
  client.on("error", () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
