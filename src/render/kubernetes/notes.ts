import type { Entrance, Plan, Store, Unit } from "../../plan/plan.js";
import { hasServers, isBucket, STORES, storeTraits } from "../../plan/stores/index.js";
import { modelNotes } from "../model-notes.js";
import { secretNotes } from "../secret-notes.js";
import { managedBackupNotes } from "../stores/backup-notes.js";
import { runsAsContainers } from "../stores/containers.js";
import { serverNotes } from "../stores/index.js";
import type { Note } from "../target.js";
import { unwritten } from "../unwritten.js";
import { grpcBehind, issuerOf } from "./ingress.js";
import { backupNotes } from "./stores/backup.js";

/** What the Plan asks for and these objects do not carry out, said once and with its place. */
export function notesOn(plan: Plan): readonly Note[] {
  return [
    ...plan.units.flatMap(unitNotes),
    ...modelNotes(plan),
    ...storeNotes(plan),
    ...plan.entrances.flatMap((entrance) => entranceNotes(plan, entrance)),
    ...secretNotes(plan),
    ...unwritten(plan),
  ];
}

function unitNotes(unit: Unit): readonly Note[] {
  const notes: Note[] = [];
  const { rollout, scale } = unit;
  if (rollout.strategy === "canary" || rollout.strategy === "blue-green")
    notes.push({ path: rollout.path, message: `${unit.name}: ${rollout.strategy} is rendered as a rolling update` });
  if (scale && unit.replicas.max > unit.replicas.min) {
    const served = (["cpu", "memory"] as const).filter((signal) => scale[signal] !== undefined);
    const unserved = (["queue", "response", "gpu"] as const).filter((signal) => scale[signal] !== undefined);
    if (unserved.length > 0)
      notes.push({
        path: scale.path,
        message: `${unit.name}: the autoscaler of Kubernetes does not know ${unserved.join(", ")}; it scales on ${
          served.join(" and ") || "nothing"
        }`,
      });
  }
  const { gpu } = unit.resources;
  if (gpu.kind !== undefined && unit.pool === undefined)
    notes.push({
      path: `${unit.path}.gpu`,
      message: `${unit.name}: a GPU is asked for, but no ${gpu.kind}; name a pool that has them (nodes)`,
    });
  if (unit.sizing !== "off")
    notes.push({ path: `${unit.path}.sizing`, message: `${unit.name}: no autoscaler of its requests is written` });
  return notes;
}

/** What a door counts on that others install, and what it is asked for that its Ingress cannot say. */
function entranceNotes(plan: Plan, entrance: Entrance): readonly Note[] {
  const { name, path, controller, host, tls, waf, cdn, affinity, dns } = entrance;
  const issuer = issuerOf(entrance);
  const grpc = grpcBehind(plan, entrance);
  const installed = [
    ...(controller === "none" ? [] : [`the ingress controller ${controller}`]),
    ...(issuer === undefined ? [] : [`cert-manager with a ClusterIssuer ${issuer}`]),
    ...(dns === "none" || host === undefined ? [] : ["ExternalDNS"]),
  ];
  const missing = [
    ...(tls?.issuer === "acm" ? ["the certificate of acm, which stays with AWS's load balancers"] : []),
    ...(grpc === "beside HTTP" ? ["gRPC beside HTTP, which needs an entrance of its own"] : []),
    ...(grpc === "alone" && controller !== "nginx" ? [`gRPC behind ${controller}`] : []),
    ...(tls?.minimum === "1.3" ? ["TLS 1.3 at least, which is a setting of the controller"] : []),
    ...(waf !== "none" && controller !== "nginx" ? [`a WAF of ${controller}`] : []),
    ...(waf !== "none" && controller === "nginx"
      ? ["a WAF that blocks, and does more than log: `SecRuleEngine On`, which is a setting of the controller"]
      : []),
    ...(affinity === "session" && controller !== "nginx" ? [`sessions that stay with a replica by ${controller}`] : []),
    ...(cdn ? ["a content network in front"] : []),
  ];
  return [
    ...(installed.length === 0
      ? []
      : [{ path, message: `${name} counts on what the cluster has: ${installed.join(", ")}` }]),
    ...missing.map((what) => ({ path, message: `${name}: ${what}, is not written by this target` })),
  ];
}

function storeNotes(plan: Plan): readonly Note[] {
  return plan.stores.flatMap((store) => {
    if (store.provider.kind === "managed") {
      const keys = STORES[store.kind].secret.clientKeys.join(", ");
      return [
        {
          path: store.path,
          message: `${store.name} is ${store.provider.product}: provide secret ${store.name} (${keys})`,
        },
        ...managedBackupNotes(store),
      ];
    }
    if (!runsAsContainers(store))
      return [
        { path: store.path, message: `${store.name} is a ${store.provider.product} of one machine: not in a cluster` },
      ];
    return [...failoverNotes(store), ...copyNotes(store), ...serverNotes(store), ...backupNotes(plan, store)];
  });
}

/** Copies in another region, and locks on objects, are a cloud's to give. */
function copyNotes(store: Store): readonly Note[] {
  const asked = [
    ...("copy" in store && store.copy !== undefined ? [`no copy in ${store.copy} is made`] : []),
    ...(isBucket(store) && store.lock !== undefined ? ["no object is locked"] : []),
  ];
  return asked.map((what) => ({ path: store.path, message: `${store.name}: ${what} by a server in the cluster` }));
}

/** Replicas that a reader may take for a failover. */
function failoverNotes(store: Store): readonly Note[] {
  if (!hasServers(store) || storeTraits(store).copies === 1 || store.provider.failover) return [];
  return [
    { path: store.path, message: `${store.name}: its replicas follow the first server, but nothing promotes one` },
  ];
}
