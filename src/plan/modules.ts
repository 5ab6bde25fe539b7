/**
 * What a module of the platform asks others for, and what it answers. The runtime's table of modules says how each is
 * started; a test holds the two against each other.
 */
export interface ModuleFacts {
  /** Modules that it calls, in the same process or over an edge. */
  readonly calls: readonly string[];
  /** It keeps its rows in PostgreSQL. */
  readonly database: boolean;
  /** Prefixes that it answers; the dashboard passes `/admin` on to its peers, so that a browser sees one origin. */
  readonly routes: readonly string[];
}

/** By the module's name. Engines are not here: a gateway finds those of its models by the edges to them. */
export const MODULE_FACTS: Readonly<Record<string, ModuleFacts>> = {
  gateway: { calls: ["accounts", "usage"], database: false, routes: ["/v1", "/api"] },
  accounts: { calls: [], database: true, routes: ["/admin"] },
  usage: { calls: ["accounts"], database: true, routes: ["/admin"] },
  dashboard: { calls: ["accounts", "usage", "gateway"], database: false, routes: ["/", "/admin"] },
};
