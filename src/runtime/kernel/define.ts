import type { Context, Running } from "./module.js";

/** One row of the table of modules, as the kernel runs it: the clients of its needs are looked up by name. */
export interface Definition {
  readonly needs: readonly string[];
  start(context: Context, needs: never): Promise<Running<unknown>>;
  /**
   * The same client when the module runs in another process at `url`, proved by the internal token. A module without one
   * cannot be called from afar: it is started in every process that needs it (a database pool is such a thing).
   */
  readonly apart?: (url: string, token: string) => unknown;
  /** The same for a module that has no one address, because the plan spreads it over units: engines, one for each model. */
  readonly spread?: (context: Context) => unknown;
}

export type Table = Readonly<Record<string, Definition>>;

/** The typed client that a row's `start` gives. */
type ClientOf<Row extends Definition> = Row["start"] extends (
  context: Context,
  needs: never,
) => Promise<Running<infer Client>>
  ? Client
  : never;

/** What each row must be, given all the others: needs that exist, with the clients that their modules really have. */
type Checked<Rows extends Table> = {
  readonly [Name in keyof Rows]: {
    readonly needs: readonly (keyof Rows & string)[];
    start(
      context: Context,
      needs: { readonly [Need in Rows[Name]["needs"][number] & keyof Rows]: ClientOf<Rows[Need]> },
    ): Promise<Running<ClientOf<Rows[Name]>>>;
    readonly apart?: (url: string, token: string) => ClientOf<Rows[Name]>;
    readonly spread?: (context: Context) => ClientOf<Rows[Name]>;
  };
};

/** Declares the modules of the program in one literal table; a need that is missing or of another type does not compile. */
export function defineModules<const Rows extends Table>(rows: Rows & Checked<Rows>): Rows {
  return rows;
}

/** The modules to start in this process, needs first; `apart` names those that are called in another process. */
export interface Order {
  readonly start: readonly string[];
  readonly apart: readonly string[];
}

/**
 * Orders `wanted` so that each module comes after its needs. A need that was not asked for is called over HTTP where it can
 * be, and started along where it cannot. Names must exist in the table; a cycle in the table throws (a defect).
 */
export function startOrder(table: Table, wanted: readonly string[]): Order {
  const start: string[] = [];
  const apart = new Set<string>();
  const visiting: string[] = [];
  const visit = (name: string): void => {
    if (start.includes(name)) return;
    if (visiting.includes(name))
      throw new Error(`modules need each other in a circle: ${[...visiting, name].join(" → ")}`);
    const row = table[name];
    if (row === undefined) throw new Error(`no module is called ${name}`);
    visiting.push(name);
    for (const need of row.needs) {
      if (wanted.includes(need) || !callableFromAfar(table[need])) visit(need);
      else apart.add(need);
    }
    visiting.pop();
    start.push(name);
  };
  for (const name of wanted) visit(name);
  return { start, apart: [...apart] };
}

function callableFromAfar(row: Definition | undefined): boolean {
  return row?.apart !== undefined || row?.spread !== undefined;
}
