import type { Plan, Store } from "../../plan/plan.js";
import { fragmentsFor } from "../patch-fragment.js";
import { planDocument } from "../plan-document.js";
import { generatedSecrets, mountedSecrets } from "../secrets.js";
import { runsAsContainers } from "../stores/containers.js";
import { singleServer } from "../stores/index.js";
import type { StoreServer } from "../stores/server.js";
import { strategicMerge } from "../strategic-merge.js";
import type { RenderedFile, Rendering, Target } from "../target.js";
import { stringifyYaml } from "../yaml.js";
import { dependencies } from "./dependencies.js";
import { entranceUnits, networks } from "./networks.js";
import { notesOn } from "./notes.js";
import { secretFiles } from "./secrets.js";
import type { ComposeService } from "./service.js";
import { storeConfigs, storeFiles, storeService } from "./store-service.js";
import { composeReplicas, hasOwnVolumes, healthCheck, unitService, unitVolumes } from "./unit-service.js";

/** The first port on this machine that an entrance is published on; the next unit gets the next one. */
const firstPort = 8800;

interface RunStore {
  readonly store: Store;
  readonly server: StoreServer;
}

export const compose: Target = {
  description: "one compose.yaml for Docker Compose, with the files that it mounts",
  render(plan: Plan): Rendering {
    const stores = plan.stores.filter(runsAsContainers).map((store) => ({ store, server: singleServer(store) }));
    const files: RenderedFile[] = [
      { path: "compose.yaml", text: stringifyYaml(composeFile(plan, stores)), comment: "#" },
      { path: "plan.json", text: planDocument(plan).text, comment: "json" },
      ...stores.flatMap(({ store, server }) => storeFiles(store, server)),
    ];
    return { files, secrets: generatedSecrets(plan), notes: notesOn(plan) };
  },
};

function composeFile(plan: Plan, stores: readonly RunStore[]) {
  const nets = networks(plan);
  const waits = dependencies(plan);
  const checked = new Set([
    ...stores.map(({ store }) => store.name),
    ...plan.units.filter((unit) => healthCheck(unit)).map((unit) => unit.name),
  ]);
  const published = entranceUnits(plan);
  const services: Record<string, unknown> = {};
  for (const { store, server } of stores)
    services[store.name] = patched(store.patches, literally(storeService(store, server, nets.of(store.name))));
  for (const unit of plan.units) {
    const position = published.indexOf(unit.name);
    const service = unitService(plan, unit, {
      networks: nets.of(unit.name),
      dependsOn: waits.get(unit.name) ?? [],
      checked,
      published: position < 0 ? undefined : { variable: portVariable(unit.name), port: firstPort + position },
    });
    services[unit.name] = patched(unit.patches, literally(service));
  }
  const volumes = [
    ...stores.filter(({ server }) => server.data !== undefined).map(({ store }) => `${store.name}-data`),
    ...plan.units
      .filter((unit) => !hasOwnVolumes(unit, composeReplicas(unit, published.includes(unit.name))))
      .flatMap((unit) => Object.keys(unitVolumes(unit))),
  ];
  const mounts = [
    ...stores.map(({ server }) => server.secret),
    ...plan.units.flatMap((unit) => mountedSecrets(plan, unit)),
  ];
  return {
    name: plan.namespace,
    services,
    networks: nets.all,
    volumes: Object.fromEntries(volumes.map((name) => [name, {}])),
    configs: {
      plan: { file: "./plan.json" },
      ...Object.assign({}, ...stores.map(({ store, server }) => storeConfigs(store, server))),
    },
    secrets: secretFiles(mounts),
  };
}

/** `GATEWAY_PORT=9000 docker compose up` moves an entrance without another rendering. */
function portVariable(name: string): string {
  return `${name.toUpperCase().replaceAll(/[^A-Z0-9]+/g, "_")}_PORT`;
}

/**
 * Compose takes `$NAME` in any text for a variable of the one who calls it, and refuses `$(…)`: what a container is to
 * see is doubled. Published ports are the one place where that variable is meant.
 */
function literally(service: ComposeService): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(service).map(([field, value]) => [field, field === "ports" ? value : doubled(value)]),
  );
}

function doubled(value: unknown): unknown {
  if (typeof value === "string") return value.replaceAll("$", () => "$$");
  if (Array.isArray(value)) return value.map(doubled);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, doubled(inner)]));
}

function patched(patches: Store["patches"], service: Readonly<Record<string, unknown>>): object {
  return fragmentsFor("compose", patches).reduce((merged, { fields }) => strategicMerge(merged, fields, {}), service);
}
