import { isWritten } from "../plan/origin.js";
import type { Path, Plan } from "../plan/plan.js";
import { formatDuration, formatRatio } from "../platform-file/format.js";
import { formatSchedule } from "../platform-file/schedule.js";
import type { Note } from "./target.js";

/** What the Plan declares of the platform as a whole and no target writes yet, each once, at its place in the file. */
export function unwritten(plan: Plan): readonly Note[] {
  return Object.entries(declarations).flatMap(([path, what]) => {
    const message = what(plan);
    return message === undefined ? [] : [{ path, message }];
  });
}

/** By place: what is asked for there, undefined where nothing is. */
const declarations: Readonly<Record<Path, (plan: Plan) => string | undefined>> = {
  regions: ({ regions, failover }) => {
    const others = regions.filter(({ role }) => role === "standby").map(({ name, mode }) => `${name} (${mode})`);
    if (others.length === 0) return undefined;
    return `only the primary region is written: ${listed(others)}${failover ? " and the failover to it" : ""} ${failover || others.length > 1 ? "are" : "is"} not`;
  },
  nodes: ({ pools }) => {
    if (pools.length === 0) return undefined;
    return `node pool${pools.length === 1 ? "" : "s"} ${listed(pools.map(({ name }) => name))} ${pools.length === 1 ? "is" : "are"} not made by this target`;
  },
  cluster: (plan) => {
    const { name, kubernetes, autoscaler } = plan.cluster;
    const asked = [
      ...(name === undefined ? [] : [name]),
      ...(isWritten(plan, "cluster.kubernetes") ? [`Kubernetes ${kubernetes}`] : []),
      ...(autoscaler && isWritten(plan, "cluster.autoscaler") ? ["with an autoscaler of nodes"] : []),
    ];
    return asked.length === 0 ? undefined : `the cluster (${asked.join(", ")}) is not made by this target`;
  },
  "cluster.backups": ({ cluster }) => {
    const asked = (["objects", "etcd", "configuration"] as const).flatMap((kind) => {
      const schedule = cluster.backups[kind];
      return schedule ? [`${kind} ${formatSchedule(schedule)}`] : [];
    });
    if (asked.length === 0) return undefined;
    const to = cluster.backups.to.length === 0 ? "" : ` → ${cluster.backups.to.join(", ")}`;
    return `copies of the cluster (${asked.join(", ")}${to}) are not made by this target`;
  },
  observe: ({ observe: { metrics, logs, traces, retention } }) => {
    const kept = [
      ...(metrics === "none" ? [] : [`metrics by ${metrics}`]),
      ...(logs === "none" ? [] : [`logs by ${logs}`]),
      ...(traces === "none" ? [] : [`traces by ${traces}`]),
    ];
    if (kept.length === 0) return undefined;
    return `${listed(kept)}, kept for ${formatDuration(retention)}: what keeps them is not installed by this target`;
  },
  "observe.alerts": ({ observe: { metrics, alerts } }) => {
    if (metrics === "none") return undefined;
    const { down, errors } = alerts;
    const on = [
      ...(down === undefined ? [] : [`down for ${formatDuration(down)}`]),
      ...(errors === undefined ? [] : [`errors above ${formatRatio(errors)}`]),
      ...(["availability", "database", "oom", "backups"] as const).filter((kind) => alerts[kind]),
    ];
    if (on.length === 0) return undefined;
    return `alerts (${on.join(", ")}) are not written by this target, and the promises count on them: set them where metrics are kept`;
  },
  "observe.routes": ({ observe: { routes } }) => {
    const told = (["critical", "warning", "info"] as const).flatMap((severity) => {
      const receiver = routes[severity];
      return receiver === undefined ? [] : [`${severity} → ${receiver}`];
    });
    return told.length === 0 ? undefined : `who is told (${told.join(", ")}) is not written by this target`;
  },
  delivery: ({ delivery: { gitops, sync, approvals } }) => {
    const asked = [
      ...(gitops === "none" ? [] : [gitops]),
      ...(sync === "manual" ? ["manual sync"] : []),
      ...(["infrastructure", "production"] as const)
        .filter((kind) => approvals[kind] > 0)
        .map((kind) => `${approvals[kind]} approval${approvals[kind] === 1 ? "" : "s"} for ${kind}`),
    ];
    return asked.length === 0 ? undefined : `how changes arrive (${asked.join(", ")}) is not written by this target`;
  },
  "security.mesh": ({ security: { mesh } }) =>
    mesh.kind === "none" ? undefined : `${mesh.kind} (mutual TLS ${mesh.mtls}) is not written by this target`,
  "security.identity": ({ security: { identity } }) =>
    identity === "none" ? undefined : `identities of pods (${identity}) are not written by this target`,
  "security.scan": ({ security: { scan } }) =>
    scan === "none" ? undefined : `scans by ${scan} are not written by this target: they belong into the pipeline`,
  drills: ({ drills }) =>
    drills && `drills every ${formatDuration(drills.every)} (${drills.faults.join(", ")}) are started by nobody`,
  access: ({ access }) =>
    access.length === 0 ? undefined : `who may use it (${access.join(", ")}) is not enforced by this target`,
};

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
