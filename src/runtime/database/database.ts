import { Kysely, PostgresDialect, sql, type Transaction } from "kysely";
import { KeelsonError } from "../../errors/keelson-error.js";
import { LOOK_UP_CONNECTIONS, POOL_CONNECTIONS } from "../../plan/stores/connections.js";
import type { Context, Running } from "../kernel/module.js";
import { watchArchive } from "./archive-metrics.js";
import type { Database, Migration, NotificationListener, Scope, Tables, WorkOptions } from "./client.js";
import { DatabaseUnavailable, isConflict, isConnectionLoss, isDiskFull, reasonOf } from "./errors.js";
import { migrate } from "./migrate.js";
import { Notifications } from "./notifications.js";
import { connectionSettings, createPool } from "./pool.js";
import { type RetryOptions, withRetries } from "./retry.js";

/** How a transaction waits for an unreachable PostgreSQL server. */
const TRANSACTION_RETRY: RetryOptions = { timeout: 5_000, retry: isConnectionLoss };
/** How often a start that waits for PostgreSQL logs the reason again. */
const WAIT_LOG_INTERVAL_MS = 60_000;
/** Limit of PostgreSQL on the length of an identifier. */
const MAX_NAME_LENGTH = 63;
const MAX_CONFLICT_ATTEMPTS = 5;

/**
 * Connects to the PostgreSQL server of the secret `database/url`. The module keeps running while the server is unreachable, and
 * a start waits for it without a limit: the process is alive and not ready, and says why. If it exited instead, an outage of
 * minutes would become a crash loop, whose back-off of up to five minutes (Kubernetes, `CrashLoopBackOff`) adds to the outage.
 * Throws `database/no-url` and `database/unavailable`.
 */
export async function startDatabase(context: Context): Promise<Running<Database>> {
  const url = (await context.secrets.read("database/url"))?.trim();
  if (!url) throw new KeelsonError("database/no-url", "the secret `database/url` is missing");
  const { log } = context;
  const name = `keelson-${context.unit ?? "all"}`.slice(0, MAX_NAME_LENGTH);
  const pool = createPool(url, name, POOL_CONNECTIONS - LOOK_UP_CONNECTIONS);
  // Opened with the first look-up, by processes that have any.
  const lookUpPool = createPool(url, name, LOOK_UP_CONNECTIONS);
  const connect = <Schema>(from = pool): Kysely<Schema> =>
    new Kysely<Schema>({ dialect: new PostgresDialect({ pool: from }) });

  const notifications = new Notifications(connectionSettings(url, `${name}-listen`.slice(0, MAX_NAME_LENGTH)), {
    lost: (error) => {
      log.warn({ reason: reasonOf(error) }, "PostgreSQL unreachable");
      context.report("degraded", `PostgreSQL unreachable: ${reasonOf(error)}`);
    },
    established: () => {
      log.info("PostgreSQL reachable");
      context.report("ready");
    },
  });

  const untilReachable = (retry: (error: unknown) => boolean): RetryOptions => ({
    timeout: Number.POSITIVE_INFINITY,
    retry,
    signal: context.closed,
    onRetry: reportWait(context),
  });
  try {
    // On a server that is being set up, the role or the database may not exist yet.
    await withRetries(
      () => sql`select 1`.execute(connect()),
      untilReachable((error) => isConnectionLoss(error) || isNotSetUp(error)),
    );
    context.report("ready");
  } catch (error) {
    await pool.end();
    await lookUpPool.end();
    throw new DatabaseUnavailable(error);
  }
  const background = notifications.start();
  watchArchive(context.metrics, pool);

  const space = spaceReports(context);
  const tables = <Schema>(kysely: Kysely<Schema>): Tables<Schema> => ({
    transaction: (scope, work, workOptions) => space(() => transaction(kysely, scope, work, workOptions)),
  });
  const database: Database = {
    tables: () => tables(connect()),
    lookUps: () => tables(connect(lookUpPool)),
    migrate: (module: string, migrations: readonly Migration[]) =>
      unavailable(() =>
        withRetries(() => migrate(connect(), module, migrations, log), untilReachable(isConnectionLoss)),
      ),
    listen: (channel: string, listener: NotificationListener) => notifications.listen(channel, listener),
  };
  const close = async (): Promise<void> => {
    await notifications.close();
    await Promise.all([pool.end(), lookUpPool.end()]);
  };
  return {
    client: database,
    background,
    // An unresponsive server must not delay the exit: the operating system closes connections that are still open.
    stop: (signal) => Promise.race([close(), aborted(signal)]),
  };
}

/** Reports why a start waits: in the readiness of the process at once, in the log once a minute. */
function reportWait({ log, report }: Pick<Context, "log" | "report">): (error: unknown) => void {
  let loggedAt = Number.NEGATIVE_INFINITY;
  return (error) => {
    const reason = reasonOf(error);
    report("starting", `waits for PostgreSQL: ${reason}`);
    if (Date.now() - loggedAt < WAIT_LOG_INTERVAL_MS) return;
    loggedAt = Date.now();
    log.warn({ reason }, "waiting for PostgreSQL");
  };
}

async function transaction<Schema, Result>(
  kysely: Kysely<Schema>,
  scope: Scope,
  work: (transaction: Transaction<Schema>) => Promise<Result>,
  { repeatable = false }: WorkOptions = {},
): Promise<Result> {
  let started = false;
  let conflicts = 0;
  const attempt = (): Promise<Result> =>
    kysely.transaction().execute(async (open) => {
      // The setting is local to the transaction: it does not affect the next user of this connection.
      await sql`select set_config('keelson.organisation', ${settingOf(scope)}, true)`.execute(open);
      started = true;
      return work(open);
    });
  const retry = (error: unknown): boolean => {
    if (isConflict(error)) return ++conflicts < MAX_CONFLICT_ATTEMPTS;
    return TRANSACTION_RETRY.retry(error) && (repeatable || !started);
  };
  return unavailable(() => withRetries(attempt, { timeout: TRANSACTION_RETRY.timeout, retry }));
}

/** Reads succeed while writes fail for lack of space: only a period without such a failure ends the report. */
const NO_SPACE_REPORT_MS = 30_000;

/** Reports the module as degraded while PostgreSQL refuses writes because its disk is full. */
function spaceReports({ report, log }: Pick<Context, "report" | "log">): <T>(work: () => Promise<T>) => Promise<T> {
  let failedAt: number | undefined;
  return async (work) => {
    try {
      const result = await work();
      if (failedAt !== undefined && Date.now() - failedAt > NO_SPACE_REPORT_MS) {
        failedAt = undefined;
        report("ready");
      }
      return result;
    } catch (error) {
      if (isDiskFull(error)) {
        if (failedAt === undefined) log.error({ reason: reasonOf(error) }, "PostgreSQL has no space left");
        failedAt = Date.now();
        report("degraded", `PostgreSQL has no space left: ${reasonOf(error)}`);
      }
      throw error;
    }
  };
}

/** The value that the row-level security policies compare with: the id of an organisation, or `*` for the platform. */
function settingOf(scope: Scope): string {
  return scope.kind === "platform" ? "*" : scope.id;
}

async function unavailable<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw isConnectionLoss(error) ? new DatabaseUnavailable(error) : error;
  }
}

function isNotSetUp(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  // invalid_catalog_name, invalid_authorization_specification, invalid_password
  return code === "3D000" || code === "28000" || code === "28P01";
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
