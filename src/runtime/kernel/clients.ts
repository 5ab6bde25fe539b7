import { KeelsonError } from "../../errors/keelson-error.js";
import type { Definition, Table } from "./define.js";
import type { Context, Running } from "./module.js";

/**
 * The clients of a row's needs, by name: the module itself if it runs in this process, otherwise its remote client.
 * Throws `modules/unreachable` for a need that runs in another process whose address is not configured.
 */
export function clientsOf(
  table: Table,
  row: Definition,
  running: ReadonlyMap<string, Running<unknown>>,
  context: Context,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(row.needs.map((need) => [need, clientOf(table, need, running, context)]));
}

function clientOf(
  table: Table,
  need: string,
  running: ReadonlyMap<string, Running<unknown>>,
  context: Context,
): unknown {
  const local = running.get(need);
  if (local !== undefined) return local.client;
  const definition = table[need];
  if (definition?.remotePerModel !== undefined) return definition.remotePerModel(context);
  const url = context.peer(need);
  if (url !== undefined && definition?.remote !== undefined) return definition.remote(url, context.internalToken);
  throw new KeelsonError(
    "modules/unreachable",
    `a module needs ${need}, which does not run in this process and has no address`,
    { hint: `add it to --modules, or set its address with --peer ${need}=http://HOST:PORT` },
  );
}
