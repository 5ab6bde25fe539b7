import type { Transaction } from "kysely";

export { isDuplicate, reasonOf } from "./errors.js";

/** Row-level security lets a transaction see one organisation's rows, or all of them when the platform itself asks. */
export type Scope =
  | { readonly kind: "organisation"; readonly id: string }
  /** The platform's own work across organisations: looking up a credential, writing the ledger, an operator's reading. */
  | { readonly kind: "platform" };

export const platformScope: Scope = { kind: "platform" };

/** @throws RangeError for what can be no organisation: `*` would mean the platform. */
export function organisationScope(id: string): Scope {
  if (id === "" || id === "*") throw new RangeError(`no organisation is called "${id}"`);
  return { kind: "organisation", id };
}

export interface WorkOptions {
  /**
   * The work may be done twice with the effect of once, so it is begun again when the connection is lost half-way.
   * Without it only the way up to the first statement is retried.
   */
  readonly repeatable?: boolean;
}

/** One change of the tables of one module. Never edited once released: a checksum is kept and compared. */
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
   * Runs `work` in one transaction that sees only the rows of `scope`. While PostgreSQL is away it waits a few seconds
   * for its return.
   * @throws DatabaseUnavailable when it did not come back in time, or was lost in the middle of work that is not repeatable.
   */
  transaction<Result>(
    scope: Scope,
    work: (transaction: Transaction<Schema>) => Promise<Result>,
    options?: WorkOptions,
  ): Promise<Result>;
}

/** What other modules ask of the database module. It has no HTTP form: every process has its own connections. */
export interface Database {
  /** `Schema` says which tables the module has, as `migrate` made them. */
  tables<Schema>(): Tables<Schema>;
  /** Brings a module's tables up to date; several replicas may do so at once. */
  migrate(module: string, migrations: readonly Migration[]): Promise<void>;
  /** Hears notifications of a channel until the returned function is called. */
  listen(channel: string, listener: NotificationListener): () => void;
}
