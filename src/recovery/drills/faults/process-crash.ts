import { processIds, readProcessFile } from "../../../disk/proc.js";
import { moduleDatabases } from "../../../plan/stores/index.js";
import type { DrillTarget, FaultExecutor, Strike, TargetProcess } from "../target.js";

/** kill -9 of each kind of process in turn: those that serve, the database's server, the engines' children. */
export const processCrash: FaultExecutor = {
  id: "process-crash",
  title: "Each process is killed with -9 under load",
  inspect: async () => [],
  async strikes(target) {
    const processes = await target.processes();
    const engines = await engineChildren(processes);
    const serving = processes.filter((process) => process.kind === "serve");
    return [
      ...serving.map((process) => killServe(target, process, engines.length > 0)),
      ...processes.filter((process) => process.kind === "postgres").map((process) => killServer(target, process)),
      ...(engines.length > 0 ? [killEngines(target)] : []),
    ];
  },
  conclude: async () => [],
  tidy: async () => undefined,
};

function killServe(target: DrillTarget, process: TargetProcess, enginesApart: boolean): Strike {
  const isModel = (name: string) => target.plan.units.find((unit) => unit.name === name)?.role === "model";
  const subjects = process.units.filter((unit) => !(enginesApart && isModel(unit)));
  return {
    what: `kill -9 of the process ${process.name} (${process.units.join(", ")})`,
    subjects: subjects.length > 0 ? subjects : process.units,
    seenBy: "request",
    strike: async () => kill(await pidOf(target, process.name)),
    repaired: () => runsAgain(target, process),
  };
}

function killServer(target: DrillTarget, process: TargetProcess): Strike {
  return {
    what: "kill -9 of the PostgreSQL server",
    subjects: moduleDatabases(target.plan).map(({ name }) => name),
    seenBy: "write",
    strike: async () => kill(await pidOf(target, process.name)),
    repaired: () => runsAgain(target, process),
  };
}

function killEngines(target: DrillTarget): Strike {
  let killed: readonly number[] = [];
  return {
    what: "kill -9 of every engine",
    subjects: target.plan.units.filter((unit) => unit.role === "model").map((unit) => unit.name),
    seenBy: "request",
    async strike() {
      killed = await engineChildren(await target.processes());
      for (const pid of killed) kill(pid);
    },
    async repaired() {
      const now = await engineChildren(await target.processes());
      return now.length >= killed.length && now.every((pid) => !killed.includes(pid));
    },
  };
}

async function pidOf(target: DrillTarget, name: string): Promise<number | undefined> {
  return (await target.processes()).find((process) => process.name === name)?.pid;
}

async function runsAgain(target: DrillTarget, before: TargetProcess): Promise<boolean> {
  const now = (await target.processes()).find((process) => process.name === before.name);
  return now?.phase === "running" && now.pid !== before.pid;
}

function kill(pid: number | undefined): void {
  if (pid !== undefined) process.kill(pid, "SIGKILL");
}

/** Children of the serving processes that run an engine: they are forked by the engine module. Linux only; else none. */
async function engineChildren(processes: readonly TargetProcess[]): Promise<number[]> {
  const parents = new Set(processes.filter((process) => process.kind === "serve").map((process) => process.pid));
  const found: number[] = [];
  for (const pid of await processIds()) {
    const stat = (await readProcessFile(pid, "stat")) ?? "";
    const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (state === "Z" || !parents.has(Number(parent))) continue;
    const command = await readProcessFile(pid, "cmdline");
    if (command?.includes("/engine/child/")) found.push(pid);
  }
  return found;
}
