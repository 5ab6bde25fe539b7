import { KeelsonError } from "../../errors/keelson-error.js";
import type { Plan, Store } from "../../plan/plan.js";
import type { Declaration } from "../declarations/index.js";
import type { Note } from "../note.js";
import { fragmentsFor } from "../patch-fragment.js";
import { planDocument } from "../plan-document.js";
import { indexOf } from "../plan-index.js";
import { generatedSecrets } from "../secrets.js";
import { runsAsContainers } from "../stores/containers.js";
import { serverNotes, singleServer } from "../stores/index.js";
import type { StoreServer } from "../stores/server.js";
import { strategicMerge } from "../strategic-merge.js";
import { defineTarget, type RenderedFile } from "../target.js";
import { yamlFile } from "../yaml-file.js";
import { dependencies } from "./dependencies.js";
import { type Monitoring, monitoring } from "./monitoring.js";
import { entranceUnits, networks } from "./networks.js";
import { secretFiles } from "./secrets.js";
import type { ComposeService } from "./service.js";
import { storeConfigs, storeFiles, storeService } from "./store-service.js";
import { composeReplicas, hasOwnVolumes, healthCheck, unitService, unitVolumes } from "./unit-service.js";

/** The host port of the first unit behind an entrance; each further unit gets the next port. */
const FIRST_PUBLISHED_PORT = 8800;

interface RunStore {
  readonly store: Store;
  readonly server: StoreServer;
}

export const compose = defineTarget({
  name: "compose",
  description: "one compose.yaml for Docker Compose, with the files that it mounts",
  writes: new Set<Declaration>(["units", "container-stores", "entrances", "metrics-storage", "unit-metrics"]),
  render(plan) {
    const stores = plan.stores.filter(runsAsContainers).map((store) => ({ store, server: singleServer(store) }));
    const monitored = monitoring(plan, stores);
    const { file, notes } = composeFile(plan, stores, monitored);
    const files: RenderedFile[] = [
      yamlFile("compose.yaml", file),
      { path: "plan.json", text: planDocument(plan).text, comment: "json" },
      ...stores.flatMap(({ store, server }) => storeFiles(store, server)),
      ...(monitored?.files ?? []),
    ];
    return { files, secrets: [...generatedSecrets(plan), ...(monitored ? [monitored.secret] : [])], notes };
  },
});

function composeFile(
  plan: Plan,
  stores: readonly RunStore[],
  monitored: Monitoring | undefined,
): { readonly file: object; readonly notes: readonly Note[] } {
  const index = indexOf(plan);
  const nets = networks(plan, index, monitored?.connections);
  const dependencyNames = dependencies(plan, index);
  const withHealthCheck = new Set([
    ...stores.map(({ store }) => store.name),
    ...plan.units.filter((unit) => healthCheck(unit)).map((unit) => unit.name),
  ]);
  const published = entranceUnits(plan);
  const services: Record<string, unknown> = {};
  const notes: Note[] = stores.flatMap(({ store }) => serverNotes(store));
  for (const { store, server } of stores)
    services[store.name] = applyPatches(
      store.patches,
      escapeVariables(storeService(store, server, nets.of(store.name))),
    );
  for (const unit of plan.units) {
    const position = published.indexOf(unit.name);
    const rendered = unitService(plan, unit, {
      networks: nets.of(unit.name),
      dependsOn: dependencyNames.get(unit.name) ?? [],
      withHealthCheck,
      published:
        position < 0 ? undefined : { variable: portVariable(unit.name), port: FIRST_PUBLISHED_PORT + position },
    });
    services[unit.name] = applyPatches(unit.patches, escapeVariables(rendered.service));
    notes.push(...rendered.notes);
  }
  Object.assign(services, monitored?.services(nets.of));
  const volumes = [
    ...(monitored?.volumes ?? []),
    ...stores.filter(({ server }) => server.data !== undefined).map(({ store }) => `${store.name}-data`),
    ...plan.units
      .filter((unit) => !hasOwnVolumes(unit, composeReplicas(unit, published.includes(unit.name))))
      .flatMap((unit) => Object.keys(unitVolumes(unit))),
  ];
  refuseSharedVolumes(volumes);
  const mounts = [
    ...(monitored ? [monitored.mount] : []),
    ...stores.map(({ server }) => server.secret),
    ...plan.units.flatMap(({ secrets }) => secrets),
  ];
  const file = {
    name: plan.namespace,
    services,
    networks: nets.all,
    volumes: Object.fromEntries(volumes.map((name) => [name, {}])),
    configs: {
      plan: { file: "./plan.json" },
      ...Object.assign({}, ...stores.map(({ store, server }) => storeConfigs(store, server))),
      ...monitored?.configs,
    },
    secrets: secretFiles(mounts),
  };
  return { file, notes };
}

/** The volume `c` of `a-b` and the volume `b-c` of `a` would be one volume, with the data of both. */
function refuseSharedVolumes(volumes: readonly string[]): void {
  const seen = new Set<string>();
  const shared = volumes.find((name) => seen.size === seen.add(name).size);
  if (shared === undefined) return;
  throw new KeelsonError("render/same-name", `two components would share the volume ${shared}`, {
    hint: "rename one of them, or its volume, in the platform file",
  });
}

/** `GATEWAY_PORT=9000 docker compose up` publishes another port without a new rendering. */
function portVariable(name: string): string {
  return `${name.toUpperCase().replaceAll(/[^A-Z0-9]+/g, "_")}_PORT`;
}

/**
 * Compose interpolates `$NAME` in every string and rejects `$(…)`, so each `$` that the container must receive is escaped
 * as `$$`. Published ports are exempt: Compose must interpolate their variable.
 */
function escapeVariables(service: ComposeService): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(service).map(([field, value]) => [field, field === "ports" ? value : escapeDollars(value)]),
  );
}

function escapeDollars(value: unknown): unknown {
  if (typeof value === "string") return value.replaceAll("$", () => "$$");
  if (Array.isArray(value)) return value.map(escapeDollars);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, escapeDollars(inner)]));
}

function applyPatches(patches: Store["patches"], service: Readonly<Record<string, unknown>>): object {
  return fragmentsFor("compose", patches).reduce((merged, { fields }) => strategicMerge(merged, fields, {}), service);
}
