import { Kysely, PostgresDialect, sql, type Transaction } from "kysely";
import { KeelsonError } from "../../errors/keelson-error.js";
import type { Context, Running } from "../kernel/module.js";
import { watchArchive } from "./archive-metrics.js";
import type { Database, Migration, NotificationListener, Scope, Tables, WorkOptions } from "./client.js";
import { DatabaseUnavailable, isConflict, isConnectionLoss, reasonOf } from "./errors.js";
import { migrate } from "./migrate.js";
import { Notifications } from "./notifications.js";
import { type Patience, patiently } from "./patience.js";
import { connectionSettings, createPool } from "./pool.js";

/** How long a transaction waits for PostgreSQL to come back, in milliseconds. */
const patience: Patience = { within: 5_000, retry: isConnectionLoss };
/** How long the start, and a migration, wait for PostgreSQL to be there at all, in milliseconds. */
const startPatience = 60_000;
const connections = 10;

/** Connects to the PostgreSQL that the secret `database/url` names; stays up while that comes and goes. */
export async function startDatabase(context: Context): Promise<Running<Database>> {
  const url = (await context.secrets.read("database/url"))?.trim();
  if (!url) throw new KeelsonError("database/no-url", "the secret `database/url` is missing");
  const { log } = context;
  const name = `keelson-${context.unit ?? "all"}`.slice(0, 63);
  const pool = createPool(url, name, connections);
  const connect = <Schema>(): Kysely<Schema> => new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });

  const notifications = new Notifications(connectionSettings(url, `${name}-listen`.slice(0, 63)), {
    lost: (error) => {
      log.warn({ reason: reasonOf(error) }, "PostgreSQL is away");
      context.report("degraded", `PostgreSQL is away: ${reasonOf(error)}`);
    },
    found: () => {
      log.info("PostgreSQL is there");
      context.report("ready");
    },
  });

  try {
    await patiently(() => sql`select 1`.execute(connect()), {
      within: startPatience,
      // A server that is being set up may not know the role or the database yet.
      retry: (error) => isConnectionLoss(error) || isNotSetUp(error),
    });
  } catch (error) {
    await pool.end();
    throw new DatabaseUnavailable(error);
  }
  notifications.start();
  watchArchive(context.metrics, pool);

  const database: Database = {
    tables: <Schema>(): Tables<Schema> => {
      const kysely = connect<Schema>();
      return { transaction: (scope, work, workOptions) => transaction(kysely, scope, work, workOptions) };
    },
    migrate: (module: string, migrations: readonly Migration[]) =>
      unavailable(() =>
        patiently(() => migrate(connect(), module, migrations, log), {
          within: startPatience,
          retry: isConnectionLoss,
        }),
      ),
    listen: (channel: string, listener: NotificationListener) => notifications.listen(channel, listener),
  };
  const close = async (): Promise<void> => {
    await notifications.close();
    await pool.end();
  };
  return {
    client: database,
    // A server that does not answer any more must not hold the process: what is open then ends with it.
    stop: (signal) => Promise.race([close(), aborted(signal)]),
  };
}

const conflictAttempts = 5;

async function transaction<Schema, Result>(
  kysely: Kysely<Schema>,
  scope: Scope,
  work: (transaction: Transaction<Schema>) => Promise<Result>,
  { repeatable = false }: WorkOptions = {},
): Promise<Result> {
  let begun = false;
  let conflicts = 0;
  const attempt = (): Promise<Result> =>
    kysely.transaction().execute(async (open) => {
      // Ends with the transaction, so the next user of this connection sees nothing by it.
      await sql`select set_config('keelson.organisation', ${settingOf(scope)}, true)`.execute(open);
      begun = true;
      return work(open);
    });
  const retry = (error: unknown): boolean => {
    if (isConflict(error)) return ++conflicts < conflictAttempts;
    return patience.retry(error) && (repeatable || !begun);
  };
  return unavailable(() => patiently(attempt, { within: patience.within, retry }));
}

/** What the policies of every table compare with: an organisation's id, or `*`, which can be no organisation's id. */
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
