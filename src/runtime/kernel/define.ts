import type { Context, Running } from "./module.js";

/** One row of the table of modules as the kernel runs it. The kernel looks up the clients of its needs by name. */
export interface Definition {
  readonly needs: readonly string[];
  start(context: Context, needs: never): Promise<Running<unknown>>;
  /**
   * The same client for a module that runs in another process at `url`, authenticated by the internal token. A module without a
   * remote client (a database pool, for example) is started in every process that needs it.
   */
  readonly remote?: (url: string, token: string) => unknown;
  /** The same for a module without a single address, because each model has a unit of its own: the engines. */
  readonly remotePerModel?: (context: Context) => unknown;
}

export type Table = Readonly<Record<string, Definition>>;

/** The typed client that a row's `start` returns. */
type ClientOf<Row extends Definition> = Row["start"] extends (
  context: Context,
  needs: never,
) => Promise<Running<infer Client>>
  ? Client
  : never;

/** The type of each row given all others: its needs exist, and have the types of the clients that their modules return. */
type Checked<Rows extends Table> = {
  readonly [Name in keyof Rows]: {
    readonly needs: readonly (keyof Rows & string)[];
    start(
      context: Context,
      needs: { readonly [Need in Rows[Name]["needs"][number] & keyof Rows]: ClientOf<Rows[Need]> },
    ): Promise<Running<ClientOf<Rows[Name]>>>;
    readonly remote?: (url: string, token: string) => ClientOf<Rows[Name]>;
    readonly remotePerModel?: (context: Context) => ClientOf<Rows[Name]>;
  };
};

/** Declares the modules of the program in one literal table. A need that is missing or has another type does not compile. */
export function defineModules<const Rows extends Table>(rows: Rows & Checked<Rows>): Rows {
  return rows;
}

/** The modules to start in this process, needs first, and those to call in another process. */
export interface Order {
  readonly start: readonly string[];
  readonly remote: readonly string[];
}

/**
 * Orders `wanted` so that each module comes after its needs, and those without needs come first. A need that is not in `wanted` is called over HTTP if it has a
 * remote client; otherwise it is started as well. Throws for a name that is not in the table and for a cycle (both are defects).
 */
export function startOrder(table: Table, wanted: readonly string[]): Order {
  const start: string[] = [];
  const remote = new Set<string>();
  const visiting: string[] = [];
  const visit = (name: string): void => {
    if (start.includes(name)) return;
    if (visiting.includes(name)) throw new Error(`modules have a dependency cycle: ${[...visiting, name].join(" → ")}`);
    const row = rowOf(table, name);
    visiting.push(name);
    for (const need of row.needs) {
      if (wanted.includes(need) || !hasRemoteClient(table[need])) visit(need);
      else remote.add(need);
    }
    visiting.pop();
    start.push(name);
  };
  // Processes of modules without needs (engines, which load models) start while the others wait for the database.
  const needsNothing = (name: string): boolean => rowOf(table, name).needs.length === 0;
  for (const name of wanted.filter(needsNothing)) visit(name);
  for (const name of wanted) visit(name);
  return { start, remote: [...remote] };
}

function hasRemoteClient(row: Definition | undefined): boolean {
  return row?.remote !== undefined || row?.remotePerModel !== undefined;
}

/** The row of a module. Throws for a name that is not in the table (a defect). */
export function rowOf(table: Table, name: string): Definition {
  const row = table[name];
  if (row === undefined) throw new Error(`there is no module ${name}`);
  return row;
}

/** Runs a row's `start`. `defineModules` has checked the types of the table; its rows are untyped at run time. */
export function startModule(
  row: Definition,
  context: Context,
  needs: Readonly<Record<string, unknown>>,
): Promise<Running<unknown>> {
  const run: (context: Context, needs: never) => Promise<Running<unknown>> = row.start;
  return Reflect.apply(run, row, [context, needs]);
}
