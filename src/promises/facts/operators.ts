import { issuerOf } from "../../plan/entrances/issuer.js";
import { RENEWAL_DAYS, RENEWAL_SOURCE } from "../../plan/entrances/lifetimes.js";
import type { Path, Plan, Source } from "../../plan/plan.js";
import { isDatabase } from "../../plan/stores/index.js";

/** A controller in the cluster that rendered objects depend on, and that the platform file does not install. */
export interface Operator extends Source {
  readonly title: string;
  /** The path of the platform file that needs it; undefined if nothing does. */
  readonly neededBy: (plan: Plan) => Path | undefined;
  /** What continues without it, to follow `nothing: `. */
  readonly continues: string;
}

/** The namespace and the Deployments of CloudNativePG, as its manifest and its chart install them. */
export const CLOUDNATIVE_PG = { product: "CloudNativePG", namespace: "cnpg-system", deployments: "cnpg-.*" };

/** Every operator that rendered objects depend on. Redis and RabbitMQ are rendered as StatefulSets, which need none. */
const OPERATORS: readonly Operator[] = [
  {
    title: "CloudNativePG",
    neededBy: ({ stores }) =>
      stores.filter(isDatabase).find(({ provider }) => provider.product === CLOUDNATIVE_PG.product)?.path,
    continues: "its instances run on",
    source:
      "the instance manager in each pod is the parent of PostgreSQL and serves its probes; the operator decides on failover (cloudnative-pg.io: Postgres instance manager, Automated failover)",
    read: "2026-11-30",
  },
  {
    title: "the Barman Cloud plug-in",
    neededBy: ({ stores }) =>
      stores
        .filter(isDatabase)
        .find(({ provider: { product, sendsTo } }) => product === CLOUDNATIVE_PG.product && sendsTo.length > 0)?.path,
    continues: "WAL is archived",
    source:
      "backups and WAL archiving are executed by sidecar containers in the pods of the instances (plugin-barman-cloud: Concepts)",
    read: "2026-11-30",
  },
  {
    title: "cert-manager",
    neededBy: ({ entrances }) => entrances.find((entrance) => issuerOf(entrance) !== undefined)?.path,
    continues: `certificates are valid for at least ${RENEWAL_DAYS} more days`,
    ...RENEWAL_SOURCE,
  },
  {
    title: "ExternalDNS",
    neededBy: ({ entrances }) =>
      entrances.find(({ controller, dns, host }) => controller !== "none" && dns !== "none" && host !== undefined)
        ?.path,
    continues: "DNS keeps its records",
    source: "ExternalDNS writes records to a DNS provider, which serves them (kubernetes-sigs.github.io/external-dns)",
    read: "2026-11-30",
  },
  {
    title: "the Prometheus Operator",
    neededBy: ({ observe: { metrics, discovery } }) =>
      metrics === "prometheus" && discovery === "pod-monitors" ? "observe.discovery" : undefined,
    continues: "Prometheus runs with the configuration that it has",
    source: "the operator writes the configuration of a StatefulSet of Prometheus (prometheus-operator.dev: Design)",
    read: "2026-11-30",
  },
];

/** The operators that a plan depends on, each with the path that needs it. */
export function operatorsOf(plan: Plan): readonly (Operator & { readonly path: Path })[] {
  return OPERATORS.flatMap((operator) => {
    const path = operator.neededBy(plan);
    return path === undefined ? [] : [{ ...operator, path }];
  });
}
