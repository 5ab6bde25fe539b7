import { formatSize } from "../../promises/format.js";
import type { Found, MachineFacts } from "./facts.js";

/**
 * `problem`: `keelson up` cannot work here. `warning`: it works, with less than it could. `note`: only an optional
 * feature is missing.
 */
export type Health = "ok" | "note" | "warning" | "problem";

export interface Assessment {
  readonly subject: string;
  readonly health: Health;
  readonly found: string;
  readonly hint?: string;
}

const GIB = 2 ** 30;
/** The embedded database, its first backup and the model of the starter. */
const MIN_DISK_BYTES = GIB;
const COMFORTABLE_DISK_BYTES = 5 * GIB;
/** PostgreSQL, the modules and a model of 135 million parameters. */
const MIN_MEMORY_BYTES = GIB / 2;
const COMFORTABLE_MEMORY_BYTES = 2 * GIB;
/** Each streamed answer holds two connections. */
const COMFORTABLE_OPEN_FILES = 4096;

/** Judges the facts of a machine, in the order in which `up` depends on them. `minimumNode`: `20.19.0`. */
export function assess(facts: MachineFacts, minimumNode: string): readonly Assessment[] {
  return [
    node(facts.node, minimumNode),
    dependency("PostgreSQL", facts.postgres, "problem", "reinstall the packages for this machine: npm ci"),
    dependency(
      "inference engine",
      facts.llama,
      "warning",
      "models of this machine cannot be loaded: use an upstream, Ollama or the simulator",
    ),
    dependency("port", facts.port, "warning", "start with another port: keelson up --port 8801"),
    disk(facts.disk),
    memory(facts.memory, facts.cpus),
    openFiles(facts.openFiles),
    dependency(
      "model hub",
      facts.hub,
      facts.pip.ok ? "note" : "warning",
      "set HF_ENDPOINT to a mirror, or HTTPS_PROXY; otherwise models come from packages, or are simulated",
    ),
    dependency(
      "pip",
      facts.pip,
      facts.hub.ok ? "note" : "warning",
      "install pip: models in Python packages require it",
    ),
    dependency("Docker", facts.docker, "note", "only rendered Compose files require it"),
  ];
}

function node(version: string, minimum: string): Assessment {
  const found = `Node.js ${version}`;
  if (atLeast(version, minimum)) return { subject: "Node.js", health: "ok", found };
  return { subject: "Node.js", health: "problem", found, hint: `install Node.js ${minimum} or later` };
}

/** Compares versions of three numbers. */
function atLeast(version: string, minimum: string): boolean {
  const [have, need] = [version, minimum].map((each) => each.split(".").map((part) => Number.parseInt(part, 10)));
  for (const [at, number] of (need ?? []).entries()) {
    const other = have?.[at] ?? 0;
    if (other !== number) return other > number;
  }
  return true;
}

function dependency(subject: string, found: Found, missing: Health, hint: string): Assessment {
  return found.ok ? { subject, health: "ok", found: found.what } : { subject, health: missing, found: found.why, hint };
}

function disk(free: number): Assessment {
  const found = `${formatSize(free)} free in this directory`;
  if (free >= COMFORTABLE_DISK_BYTES) return { subject: "disk", health: "ok", found };
  const hint = "choose a directory with more space: keelson up --data DIR";
  return { subject: "disk", health: free >= MIN_DISK_BYTES ? "warning" : "problem", found, hint };
}

function memory(available: number, cpus: number): Assessment {
  const found = `${formatSize(available)} available, ${cpus} CPU${cpus === 1 ? "" : "s"}`;
  if (available >= COMFORTABLE_MEMORY_BYTES) return { subject: "memory", health: "ok", found };
  const hint = "stop other programs, or use a smaller model";
  return { subject: "memory", health: available >= MIN_MEMORY_BYTES ? "warning" : "problem", found, hint };
}

function openFiles(limit: number | undefined): Assessment {
  if (limit === undefined) return { subject: "open files", health: "note", found: "the limit cannot be read here" };
  const found = `at most ${Number.isFinite(limit) ? limit : "unlimited"} per process`;
  if (limit >= COMFORTABLE_OPEN_FILES) return { subject: "open files", health: "ok", found };
  const hint = "raise it for many concurrent requests: ulimit -n 65536";
  return { subject: "open files", health: "warning", found, hint };
}
