import type { Diagnostic } from "../platform-file/diagnostic.js";
import type { EnvironmentSettings, Platform } from "../platform-file/platform.js";
import type { Settings } from "../platform-file/schema/platform.js";
import { didYouMean } from "../platform-file/suggest.js";
import type { PlanContext } from "./context.js";
import { planEdges } from "./edges.js";
import { planEntrances } from "./entrances/plan.js";
import { readImage } from "./images.js";
import { planModels } from "./models.js";
import { planPools } from "./nodes.js";
import { platformObjectives } from "./objectives.js";
import { planCluster, planDelivery, planDrills, planObserve, planSecurity } from "./operation.js";
import { ProvenanceRecorder } from "./origin.js";
import { planOutside } from "./outside.js";
import type { Image, Plan } from "./plan.js";
import { planFailover, planRegions, zoneCount } from "./regions.js";
import { planSecrets } from "./secrets.js";
import { planStores, withRoomForBackups } from "./stores/index.js";
import { planServices } from "./units.js";
import { injectAddresses } from "./variables.js";

export { type Explanation, explain } from "./explain.js";
export { formatImage } from "./images.js";
export { originOf } from "./origin.js";
export type * from "./plan.js";

/** The image of this release, for platforms that set none. */
const DEFAULT_IMAGE = "ghcr.io/keelson/keelson:0.1.0";

/** A Plan, or the reasons why there is none. */
export type Planned =
  | { readonly ok: true; readonly plan: Plan }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/**
 * The Plan of a platform under one environment (by default the first of the file): every default filled in, every
 * reference resolved, every value with its origin. Pure and deterministic: the same file results in the same bytes.
 */
export function makePlan(platform: Platform, environment?: string): Planned {
  const [first] = platform.environments.keys();
  const wanted = environment ?? first ?? "default";
  const found = platform.environments.get(wanted);
  if (found) return { ok: true, plan: planEnvironment(platform, found) };
  return { ok: false, diagnostics: [unknownEnvironment(platform, wanted)] };
}

/** Placed at the key `environments`, with the nearest name as a hint. */
function unknownEnvironment({ environments, origin, declaresEnvironments }: Platform, wanted: string): Diagnostic {
  return {
    code: "spec/unknown-environment",
    severity: "error",
    message: `there is no environment \`${wanted}\``,
    origin,
    ...(declaresEnvironments ? { path: "environments", length: "environments".length } : {}),
    hint: declaresEnvironments
      ? didYouMean(wanted, [...environments.keys()])
      : `the file has no \`environments:\`; add it, or omit the environment`,
  };
}

function planEnvironment(platform: Platform, { name, settings, tree }: EnvironmentSettings): Plan {
  const provenance = new ProvenanceRecorder(tree, platform.source);
  const context = planContext(name, settings, provenance);
  const regions = planRegions(provenance, settings, context.cloud);
  const planned = planStores(context);
  const { models, units: modelUnits } = planModels(context);
  const declared = [...planServices(context), ...modelUnits];
  const stores = withRoomForBackups(context, { stores: planned, units: declared });
  const { edges, dependencies } = planEdges(context, declared, models, stores);
  const { secrets, units: mounted } = planSecrets(context, declared, models, stores, edges);
  const units = injectAddresses(provenance, mounted, stores, edges);
  const entrances = planEntrances(context, units);
  const root = provenance.at();
  const embedded = context.provide === "embedded";
  const namespace = name === "default" ? settings.platform : `${settings.platform}-${name}`;
  return {
    platform: settings.platform,
    environment: name,
    namespace: root.pick(
      "namespace",
      settings.namespace,
      namespace,
      "composed of the names of the platform and the environment",
    ),
    cloud: context.cloud,
    provide: context.provide,
    regions,
    failover: planFailover(provenance, settings, regions),
    units,
    models,
    stores,
    edges,
    dependencies,
    outside: planOutside(context, dependencies, models),
    entrances,
    secrets,
    pools: planPools(provenance, settings.nodes ?? {}),
    objectives: context.objectives,
    security: planSecurity(context),
    observe: planObserve(context, [...entrances, ...units, ...models, ...stores]),
    delivery: planDelivery(context),
    drills: planDrills(context),
    cluster: planCluster(context),
    data: root.pick(
      "data",
      settings.data,
      embedded ? "ephemeral" : "test",
      embedded ? "the environment runs on one machine" : "`data: real` is not set",
    ),
    access: typeof settings.access === "string" ? [settings.access] : (settings.access ?? []),
    image: context.image,
    origins: provenance.origins,
  };
}

function planContext(environment: string, settings: Settings, provenance: ProvenanceRecorder): PlanContext {
  const root = provenance.at();
  const cloud = root.pick("cloud", settings.cloud, "none", "no cloud is set");
  const provide = root.pick(
    "provide",
    settings.provide,
    cloud === "none" ? "embedded" : "managed",
    cloud === "none"
      ? "no cloud is set, so this machine provides stores"
      : `managed by ${cloud}, where it offers the store`,
  );
  const zones = zoneCount(settings.zones);
  const redundant =
    settings.data === "real"
      ? { why: "the data is real" }
      : zones > 1
        ? { why: `there are ${zones} zones` }
        : undefined;
  return {
    platform: settings.platform,
    environment,
    settings,
    provenance,
    cloud,
    provide,
    zones,
    redundant,
    image: planPlatformImage(provenance, settings),
    objectives: platformObjectives(provenance.at("objectives"), settings.objectives),
  };
}

function planPlatformImage(provenance: ProvenanceRecorder, settings: Settings): Image {
  return readImage(provenance.at().pick("image", settings.image, DEFAULT_IMAGE, "the image of this release"), "image");
}
