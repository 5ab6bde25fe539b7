import type { Transaction } from "kysely";

export { isDuplicate, reasonOf } from "./errors.js";

/** The rows that row-level security makes visible to a transaction: those of one organisation, or all for the platform itself. */
export type Scope =
  | { readonly kind: "organisation"; readonly id: string }
  /** The platform's own work across organisations: looking up a credential, writing the ledger, an operator's queries. */
  | { readonly kind: "platform" };

export const PLATFORM_SCOPE: Scope = { kind: "platform" };

/** @throws RangeError for an invalid id: `*` would be the platform. */
export function organisationScope(id: string): Scope {
  if (id === "" || id === "*") throw new RangeError(`"${id}" is not the id of an organisation`);
  return { kind: "organisation", id };
}

export interface WorkOptions {
  /**
   * The work is idempotent: it is repeated if the connection is lost in the middle. Otherwise a connection loss is retried only
   * until the first statement of the work.
   */
  readonly repeatable?: boolean;
}

/** One change of the tables of one module. It must not be edited once released: its checksum is stored and compared. */
export interface Migration {
  /** Ordered by name: `0001-organisations`. */
  readonly name: string;
  readonly sql: string;
}

export interface NotificationListener {
  notified(payload: string): void;
  /** The connection is lost: notifications are missed until `reset`. */
  lost(): void;
  /** The connection is established: notifications before this moment may have been missed. */
  reset(): void;
}

/** The database as one module sees it: typed by that module's own tables. */
export interface Tables<Schema> {
  /**
   * Runs `work` in one transaction that sees only the rows of `scope`. If PostgreSQL is unreachable, it retries for 5 s.
   * @throws DatabaseUnavailable if it stays unreachable, or if the connection is lost in the middle of work that is not repeatable.
   */
  transaction<Result>(
    scope: Scope,
    work: (transaction: Transaction<Schema>) => Promise<Result>,
    options?: WorkOptions,
  ): Promise<Result>;
}

/** The client of the database module. It has no remote form: every process has its own connections. */
export interface Database {
  /** `Schema`: the tables of the module, as its migrations create them. */
  tables<Schema>(): Tables<Schema>;
  /** The same on connections of their own: for short look-ups, which must not wait for what callers make the others do. */
  lookUps<Schema>(): Tables<Schema>;
  /** Applies a module's migrations. Several replicas may call it concurrently. */
  migrate(module: string, migrations: readonly Migration[]): Promise<void>;
  /** Listens to a channel until the returned function is called. */
  listen(channel: string, listener: NotificationListener): () => void;
}
