import { parsePath } from "../platform-file/path.js";
import type { ProvenanceRecorder } from "./origin.js";
import type { Edge, Sidecar, Store, Unit } from "./plan.js";
import { STORES } from "./stores/index.js";

/** The directory of mounted secrets on every target, with a file `<secret>/<key>` for each key. */
export const SECRETS_DIRECTORY = "/run/secrets/keelson";

/**
 * Addresses for images that do not use Keelson: `PLANNING_SYSTEM_URL=http://planning-system:8080` for a unit,
 * `DATABASE_URL_FILE=/run/secrets/keelson/database/url` for a store, whose address contains a password. The sidecars of a
 * unit share its calls and get the same variables. Variables of the platform file take precedence. Keelson modules read
 * the Plan instead.
 */
export function injectAddresses(
  provenance: ProvenanceRecorder,
  units: readonly Unit[],
  stores: readonly Store[],
  edges: readonly Edge[],
): Unit[] {
  const kinds = new Map(stores.map((store) => [store.name, store.kind]));
  const bySource = new Map<string, Edge[]>();
  for (const edge of edges) {
    const list = bySource.get(edge.from);
    if (list) list.push(edge);
    else bySource.set(edge.from, [edge]);
  }
  return units.map((unit) => {
    const calls = bySource.get(unit.name) ?? [];
    const withAddresses = (container: Unit | Sidecar): Record<string, string> => {
      const { environment, path, modules } = container;
      if (modules.length > 0) return environment;
      const addresses: Record<string, string> = {};
      const scope = provenance.at(...parsePath(path), "env");
      for (const edge of calls) {
        const address = variable(edge, kinds.get(edge.to));
        if (!address || address.name in environment) continue;
        addresses[address.name] = address.value;
        scope.recordDefault(address.name, `${unit.name} calls ${edge.to}`, address.value);
      }
      return { ...addresses, ...environment };
    };
    return {
      ...unit,
      environment: unit.role === "model" ? unit.environment : withAddresses(unit),
      sidecars: unit.sidecars.map((sidecar) => ({ ...sidecar, environment: withAddresses(sidecar) })),
    };
  });
}

function variable(edge: Edge, store: Store["kind"] | undefined): { name: string; value: string } | undefined {
  const name = edge.to.toUpperCase().replace(/[^A-Z0-9]+/g, "_");
  if (edge.kind === "outside") return undefined;
  if (store === undefined)
    return { name: `${name}_URL`, value: `${edge.protocol === "tcp" ? "tcp" : "http"}://${edge.to}:${edge.port}` };
  const [key, ...others] = STORES[store].secret.clientKeys;
  return others.length > 0
    ? { name: `${name}_DIRECTORY`, value: `${SECRETS_DIRECTORY}/${edge.to}` }
    : { name: `${name}_URL_FILE`, value: `${SECRETS_DIRECTORY}/${edge.to}/${key}` };
}
