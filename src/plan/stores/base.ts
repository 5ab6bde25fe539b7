import { formatBytes, formatCpu } from "../../platform-file/format.js";
import { many } from "../../platform-file/one-or-many.js";
import type { StoreInput } from "../../platform-file/schema/stores.js";
import { planBackups } from "../backups.js";
import type { PlanContext } from "../context.js";
import { planPool } from "../nodes.js";
import { elementObjectives } from "../objectives.js";
import type { Scope } from "../origin.js";
import { planPatches } from "../patches.js";
import type { Provider, Resources, SecretMount, StoreBase } from "../plan.js";
import { type Product, provider } from "../providers/product.js";
import type { Ignored, Range, StoreProducts, StoreSecret, StoreShape } from "./descriptor.js";

/** The part of a descriptor that `planStoreBase` reads. */
export interface StoreDefaults {
  readonly title: string;
  readonly size: { readonly bytes: number; readonly why: string };
  readonly cpu: Range;
  readonly memory: Range;
  port(provider: Provider["kind"]): number;
  readonly secret: StoreSecret;
  readonly products: StoreProducts;
}

/** The kind of provider that is requested for a store: its own setting, otherwise the environment's. */
export function requestedProvider(context: PlanContext, input: StoreInput): Provider["kind"] {
  return input.provide ?? context.provide;
}

/** A copy in another region that no operator in a cluster makes. */
export function ignoredCopy(key: string, { kind, product }: Provider, copy: string | undefined): readonly Ignored[] {
  return kind === "managed" || copy === undefined
    ? []
    : [
        {
          key,
          why: `no target creates a copy of ${product} in another region`,
          advice: "have a cloud provide the store (`provide: managed`)",
        },
      ];
}

/** Why a store gets replicas by default; undefined on one machine, which has nothing to fail over to. */
export function redundancyOf(context: PlanContext, input: StoreInput): PlanContext["redundant"] {
  return requestedProvider(context, input) === "embedded" ? undefined : context.redundant;
}

/** The settings that every kind of store has. */
export function planStoreBase(
  context: PlanContext,
  scope: Scope,
  name: string,
  defaults: StoreDefaults,
  input: StoreInput,
  shape: StoreShape,
): StoreBase {
  const requested = scope.pick("provide", input.provide, context.provide, "the environment's `provide`");
  const { product, instead } = productFor(context, defaults, requested, shape);
  scope.recordDefault("provider", `${product.name}: ${instead ?? `selected by \`provide: ${requested}\``}`);
  const port = defaults.port(product.kind);
  const probe = scope.at("probe");
  const size = scope.bytes("size", input.size, defaults.size.bytes, defaults.size.why);
  return {
    name,
    path: scope.path,
    provider: provider(product, shape.standby, many(input.backups?.to)),
    objectives: elementObjectives(scope, input.objectives, context.objectives),
    size,
    storageClass:
      input.storageClass ?? (product.kind === "managed" ? undefined : context.settings.cluster?.storageClass),
    machine: "machine" in input ? input.machine : undefined,
    encrypted: input.encrypted ?? false,
    resources: planResources(scope, input, defaults, product),
    pool: planPool(context, input.nodes),
    port: scope.pick(
      "port",
      input.port,
      port,
      port === 0
        ? "a folder has no port"
        : `the default port of ${defaults.title}${product.assignsPort === undefined ? "" : `; ${product.name} assigns another`}`,
    ),
    portUnknown: product.assignsPort !== undefined && input.port === undefined,
    probe: {
      every: probe.duration("every", input.probe?.every, product.probe.every, product.probe.source),
      failures: probe.pick("failures", input.probe?.failures, product.probe.failures, product.probe.source),
    },
    patches: planPatches(scope, input.patch),
    backups: planBackups(scope, input.backups, size, product.copies === "volume"),
    secret: serverSecret(name, defaults.secret),
  };
}

/**
 * The product that provides a store. `instead` is the reason if it is not the requested one: a cloud without a managed
 * product of the kind has it run in the cluster.
 */
export function productFor(
  { cloud }: Pick<PlanContext, "cloud">,
  { title, products }: Pick<StoreDefaults, "title" | "products">,
  requested: Provider["kind"],
  shape: StoreShape,
): { readonly product: Product; readonly instead: string | undefined } {
  if (requested === "embedded") return { product: products.embedded, instead: undefined };
  if (requested === "in-cluster") return { product: products.inCluster(shape), instead: undefined };
  const managed = products.managed[cloud];
  if (managed) return { product: managed, instead: undefined };
  const instead =
    cloud === "none" ? `no cloud is set that offers a managed ${title}` : `${cloud} offers no managed ${title}`;
  return { product: products.inCluster(shape), instead };
}

/** The keys that a server reads: its passwords, but not the client URL that contains one. */
export function serverSecret(name: string, { values }: StoreSecret): SecretMount {
  const keys = Object.entries(values("")).flatMap(([key, value]) => (value.kind === "random" ? key : []));
  return { secret: name, directory: name, keys };
}

function planResources(scope: Scope, input: StoreInput, defaults: StoreDefaults, product: Product): Resources {
  // An embedded store is a container too if its environment is rendered.
  const isContainer = product.kind !== "managed";
  const why = isContainer
    ? "a small server; adjust it to the measured usage"
    : `${product.name} is not sized by requests`;
  const cpu = scope.range("cpu", input.cpu, isContainer ? defaults.cpu : undefined, why, formatCpu);
  const memory = scope.range("memory", input.memory, isContainer ? defaults.memory : undefined, why, formatBytes);
  return {
    cpu: { request: cpu?.min, limit: cpu?.max },
    memory: { request: memory?.min, limit: memory?.max },
    gpu: { count: 0, kind: undefined },
    disk: undefined,
  };
}
