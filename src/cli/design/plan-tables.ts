import { formatImage } from "../../plan/images.js";
import type { Bounds, Model, Objectives, Plan, Provider, Resources, Store, Unit } from "../../plan/plan.js";
import { storeTraits } from "../../plan/stores/index.js";
import { formatCpu, formatDuration, formatRange, formatRatio } from "../../platform-file/format.js";
import { formatSchedule } from "../../platform-file/schedule.js";
import { formatSize } from "../../promises/format.js";
import { type VolumeSubject, volumeSubjects } from "../../promises/subjects.js";
import type { Colours } from "../terminal/colours.js";
import { table } from "../terminal/table.js";

/** The plan as text: one table per subject, one line per component. */
export function planTables(plan: Plan, colours: Colours): string {
  const sections: readonly (readonly [string, readonly (readonly string[])[]])[] = [
    ["Units", plan.units.map((unit) => unitRow(unit, plan))],
    ["Models", plan.models.map(modelRow)],
    ["Stores", plan.stores.map(storeRow)],
    ["Volumes", volumeSubjects(plan).map(volumeRow)],
    ["Calls", callRows(plan)],
    ["Entrances", plan.entrances.flatMap((entrance) => entranceRows(entrance))],
    [
      "Secrets",
      plan.secrets.map(({ name, keys, from, rotate }) => [
        name,
        keys.join(", "),
        plan.stores.find((store) => store.name === name && store.provider.kind === "managed")?.provider.product ?? from,
        rotate === undefined ? "" : `rotated every ${formatDuration(rotate)}`,
      ]),
    ],
    [
      "Nodes",
      plan.pools.map(({ name, type, count, allocatable }) => [
        name,
        type,
        bounds(count),
        allocatable
          ? `${formatCpu(allocatable.cpu)} cpu, ${formatSize(allocatable.memory)} for pods${allocatable.gpu > 0 ? `, ${allocatable.gpu} gpu` : ""}`
          : "unknown type",
      ]),
    ],
    ["Promises", promiseRows(plan)],
  ];
  const where = plan.regions.map(
    ({ name, mode, zones }) =>
      `${name}${mode === "active" ? "" : ` (${mode})`}, ${zones.length} zone${zones.length === 1 ? "" : "s"}`,
  );
  const head = [
    plan.cloud === "none" ? plan.provide : plan.cloud,
    ...where,
    `${plan.data} data`,
    `image ${formatImage(plan.image)}`,
  ];
  let text = `${colours.bold(`${plan.platform} / ${plan.environment}`)}  ${colours.dim(head.join(" · "))}\n`;
  for (const [title, rows] of sections) if (rows.length > 0) text += `\n${colours.bold(title)}\n${table(rows)}`;
  return text;
}

function unitRow(unit: Unit, plan: Plan): string[] {
  const what = unit.model === undefined ? unit.modules.join(", ") || formatImage(unit.image) : `model ${unit.model}`;
  const { scale } = unit;
  const signals = scale
    ? [
        scale.cpu === undefined ? "" : `cpu ${formatRatio(scale.cpu)}`,
        scale.memory === undefined ? "" : `memory ${formatRatio(scale.memory)}`,
        scale.gpu === undefined ? "" : `gpu ${formatRatio(scale.gpu)}`,
        scale.queue === undefined ? "" : `queue ${scale.queue}`,
        scale.response === undefined ? "" : `response ${formatDuration(scale.response)}`,
      ].filter((signal) => signal !== "")
    : [];
  const more = [
    unit.sidecars.length > 0 ? `sidecars ${unit.sidecars.map(({ name }) => name).join(", ")}` : "",
    unit.pool === undefined ? "" : `on ${unit.pool}`,
    unit.disruption ? `min available ${unit.disruption.minAvailable}` : "",
    signals.length > 0 ? `scales on ${signals.join(", ")}` : "",
    own(unit.objectives, plan.objectives),
  ];
  return [
    unit.name,
    what,
    `×${bounds(unit.replicas)}`,
    resources(unit.resources),
    unit.ports.map(({ number }) => `:${number}`).join(" "),
    more.filter((part) => part !== "").join("; "),
  ];
}

function modelRow(model: Model): string[] {
  const from = model.sources.map((source) => source.from).join(", else ");
  const last = [...model.fallbacks, ...(model.simulated && model.engine !== "simulated" ? ["simulated"] : [])];
  const upstreams = model.upstreams.map(({ url }) => url).join(", ");
  return [model.name, model.engine, upstreams || from, last.length > 0 ? `falls back to ${last.join(", ")}` : ""];
}

function storeRow(store: Store): string[] {
  return [store.name, storeTraits(store).summary, store.provider.product, formatSize(store.size), backupsOf(store)];
}

/** The backup schedules and where the backups are stored. */
function backupsOf({ backups, provider }: Store): string {
  const declared = (["full", "log", "snapshot"] as const).flatMap((kind) => {
    const schedule = backups[kind];
    if (!schedule) return [];
    return [
      `${kind} ${formatSchedule(schedule)}${provider.takes.includes(kind) ? "" : " (not supported by the provider)"}`,
    ];
  });
  if (declared.length === 0) return "no backups";
  return `${declared.join("; ")}${provider.takes.length === 0 ? "" : ` → ${backupLocations[provider.copies](provider)}`}`;
}

/** A persistent volume, its backups, who takes them and where they are. */
function volumeRow({ name, volume, owner }: VolumeSubject): string[] {
  const { files, snapshot, taker } = volume.backups;
  const declared = [
    files ? `files ${formatSchedule(files)}` : "",
    snapshot ? `snapshot ${formatSchedule(snapshot)}` : "",
  ].filter((part) => part !== "");
  const taken =
    taker.kind === "velero"
      ? ` by Velero${taker.sendsTo.length > 0 ? ` → ${taker.sendsTo.join(", ")}` : ""}`
      : ` (never taken: ${taker.why})`;
  return [
    name,
    `of ${owner.name}`,
    formatSize(volume.size),
    declared.length === 0 ? "no backups" : `${declared.join("; ")}${taken}`,
  ];
}

const backupLocations: Readonly<Record<Provider["copies"], (provider: Provider) => string>> = {
  folder: () => "a directory on this machine",
  volume: () => "a volume in the cluster",
  bucket: ({ sendsTo }) => sendsTo.join(", "),
  provider: () => "the provider",
};

function callRows(plan: Plan): string[][] {
  const calls = new Map<string, string[]>();
  for (const { from, to, port } of plan.edges)
    calls.set(from, [...(calls.get(from) ?? []), port === 0 ? to : `${to}:${port}`]);
  return [...calls].map(([from, to]) => [from, `→ ${to.join(", ")}`]);
}

function entranceRows(entrance: Plan["entrances"][number]): string[][] {
  const { host, controller, tls, dns, waf, routes } = entrance;
  const properties = [
    controller === "none" ? "" : controller,
    tls ? `TLS ≥ ${tls.minimum} by ${tls.issuer}` : "no TLS",
    dns === "none" ? "" : `dns ${dns}`,
    waf === "none" ? "" : `waf ${waf}`,
  ].filter((part) => part !== "");
  return routes.map(({ prefix, unit }, index) => [
    index === 0 ? (host ?? entrance.name) : "",
    prefix,
    `→ ${unit}`,
    index === 0 ? properties.join(", ") : "",
  ]);
}

function promiseRows(plan: Plan): string[][] {
  const rows = [["platform", objectives(plan.objectives)]];
  for (const element of [...plan.units, ...plan.stores]) {
    const text = own(element.objectives, plan.objectives);
    if (text !== "") rows.push([element.name, text]);
  }
  for (const { name, objectives: promised, owner } of volumeSubjects(plan)) {
    const text = own(promised, owner.objectives);
    if (text !== "") rows.push([name, text]);
  }
  return rows.filter(([, text]) => text !== "");
}

/** Objectives of a component that differ from those of the platform. */
function own(element: Objectives, platform: Objectives): string {
  const same = <Key extends keyof Objectives>(key: Key): boolean =>
    JSON.stringify(element[key]) === JSON.stringify(platform[key]);
  return objectives({
    path: element.path,
    availability: same("availability") ? undefined : element.availability,
    rto: same("rto") ? undefined : element.rto,
    rpo: same("rpo") ? undefined : element.rpo,
    byFault: same("byFault") ? [] : element.byFault,
    except: same("except") ? [] : element.except,
    latency: same("latency") ? undefined : element.latency,
    firstToken: same("firstToken") ? undefined : element.firstToken,
    retention: same("retention") ? undefined : element.retention,
  });
}

function objectives(all: Objectives): string {
  const { availability, rto, rpo, byFault, except, latency, firstToken, retention } = all;
  return [
    availability === undefined ? "" : `availability ${formatRatio(availability)}`,
    rto === undefined ? "" : `RTO ${formatDuration(rto)}`,
    rpo === undefined ? "" : `RPO ${formatDuration(rpo)}`,
    ...byFault.map(
      ({ fault, of, promised }) =>
        `${of.toUpperCase()} ${promised === undefined ? "none" : formatDuration(promised)} for ${fault}`,
    ),
    except.length === 0 ? "" : `${except.join(", ")} excluded`,
    latency === undefined ? "" : `${formatRatio(latency.percentile)} within ${formatDuration(latency.within)}`,
    firstToken === undefined
      ? ""
      : `first token of ${formatRatio(firstToken.percentile)} within ${formatDuration(firstToken.within)}`,
    retention === undefined ? "" : `retention ${formatDuration(retention)}`,
  ]
    .filter((part) => part !== "")
    .join(", ");
}

function resources({ cpu, memory, gpu }: Resources): string {
  const range = (low: number | undefined, high: number | undefined, write: (value: number) => string): string =>
    low === undefined || high === undefined ? "" : formatRange({ min: low, max: high }, write);
  return [
    range(cpu.request, cpu.limit, formatCpu),
    range(memory.request, memory.limit, formatSize),
    gpu.count > 0 ? `${gpu.count} gpu${gpu.kind === undefined ? "" : ` (${gpu.kind})`}` : "",
  ]
    .filter((part) => part !== "")
    .join("  ");
}

function bounds(range: Bounds): string {
  return formatRange(range, String);
}
