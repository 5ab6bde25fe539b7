import { isDeclared } from "../../plan/origin.js";
import { formatDuration, formatList } from "../../platform-file/format.js";
import { formatSchedule } from "../../platform-file/schedule.js";
import { poolLabels } from "../pool-labels.js";
import { type Declares, once } from "./declared.js";

/** Declarations of the platform as a whole: regions, cluster, nodes, delivery, security, drills and access. */
export const PLATFORM_DECLARATIONS = {
  "standby-regions": once("regions", ({ regions }) => {
    const standby = regions.filter(({ role }) => role === "standby").map(({ name, mode }) => `${name} (${mode})`);
    return standby.length === 0
      ? undefined
      : `this target renders the primary region only; standby regions: ${formatList(standby)}`;
  }),
  "region-failover": ({ failover }) =>
    failover === undefined
      ? []
      : [{ path: failover.path, omission: "failover between regions is not rendered by this target" }],
  "node-pools": once("nodes", ({ pools }) => {
    if (pools.length === 0) return undefined;
    const names = formatList(pools.map(({ name }) => name));
    const labels = pools.map((pool) =>
      formatList(Object.entries(poolLabels(pool)).map(([label, value]) => `${label}=${value}`)),
    );
    return pools.length === 1
      ? `node pool ${names} is not created by this target: its nodes require the label ${labels.join("")}`
      : `node pools ${names} are not created by this target: their nodes require the labels ${labels.join("; ")}`;
  }),
  cluster: once("cluster", (plan) => {
    const { name, kubernetes } = plan.cluster;
    const declared = [
      ...(name === undefined ? [] : [name]),
      ...(isDeclared(plan, "cluster.kubernetes") ? [`Kubernetes ${kubernetes}`] : []),
    ];
    return declared.length === 0 ? undefined : `the cluster (${declared.join(", ")}) is not created by this target`;
  }),
  "cluster-autoscaler": once("cluster.autoscaler", (plan) =>
    plan.cluster.autoscaler && isDeclared(plan, "cluster.autoscaler")
      ? "the cluster autoscaler is not installed by this target"
      : undefined,
  ),
  "node-removal": once("cluster.scaleDown", ({ cluster: { scaleDown } }) => {
    const { unneeded, afterAdd, utilisation } = scaleDown;
    const flags = [
      ...(unneeded === undefined ? [] : [`--scale-down-unneeded-time=${formatDuration(unneeded)}`]),
      ...(afterAdd === undefined ? [] : [`--scale-down-delay-after-add=${formatDuration(afterAdd)}`]),
      ...(utilisation === undefined ? [] : [`--scale-down-utilization-threshold=${utilisation}`]),
    ];
    return flags.length === 0
      ? undefined
      : `the cluster autoscaler is not configured by this target: start it with ${flags.join(" ")}`;
  }),
  "cluster-object-backups": clusterBackups("objects", "backups of cluster objects"),
  "etcd-backups": clusterBackups("etcd", "backups of etcd"),
  "configuration-backups": clusterBackups("configuration", "backups of the configuration"),
  gitops: once("delivery.gitops", ({ delivery: { gitops } }) =>
    gitops === "none" ? undefined : `${GITOPS_PRODUCTS[gitops]} is not configured by this target`,
  ),
  "manual-sync": once("delivery.sync", ({ delivery: { sync } }) =>
    sync === "manual" ? "manual sync of changes is not enforced by this target" : undefined,
  ),
  approvals: once("delivery.approvals", ({ delivery: { approvals } }) => {
    const required = (["infrastructure", "production"] as const)
      .filter((kind) => approvals[kind] > 0)
      .map((kind) => `${approvals[kind]} for ${kind}`);
    return required.length === 0
      ? undefined
      : `approvals of changes (${required.join(", ")}) are not enforced by this target`;
  }),
  "service-mesh": once("security.mesh", ({ security: { mesh } }) =>
    mesh.kind === "none"
      ? undefined
      : `${MESH_PRODUCTS[mesh.kind]} (mutual TLS ${mesh.mtls}) is not configured by this target`,
  ),
  "pod-identity": once("security.identity", ({ security: { identity } }) =>
    identity === "none" ? undefined : `pod identities (${identity.toUpperCase()}) are not configured by this target`,
  ),
  "image-scan": once("security.scan", ({ security: { scan } }) =>
    scan === "none" ? undefined : `image scans (${scan}) are not run by this target: add them to the pipeline`,
  ),
  "drill-schedule": ({ drills }) =>
    drills === undefined
      ? []
      : [
          {
            path: drills.path,
            omission: `drills every ${formatDuration(drills.every)} (${drills.faults.join(", ")}) are not scheduled by this target`,
          },
        ],
  access: once("access", ({ access }) =>
    access.length === 0 ? undefined : `access for ${formatList(access)} only is not enforced by this target`,
  ),
} as const satisfies Record<string, Declares>;

const GITOPS_PRODUCTS = { argocd: "Argo CD" } as const;
const MESH_PRODUCTS = { istio: "Istio", linkerd: "Linkerd" } as const;

function clusterBackups(kind: "objects" | "etcd" | "configuration", what: string): Declares {
  return ({ cluster: { backups } }) => {
    const schedule = backups[kind];
    if (schedule === undefined) return [];
    const to = backups.to.length === 0 ? "" : `, to ${backups.to.join(", ")}`;
    return [
      {
        path: schedule.path,
        omission: `${what} (${formatSchedule(schedule)}${to}) are not taken by this target`,
      },
    ];
  };
}
