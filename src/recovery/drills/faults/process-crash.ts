import { moduleDatabases } from "../../../plan/stores/index.js";
import type { DrillTarget, FaultExecutor, Injection, TargetProcess } from "../target.js";

/** Kills each process in turn with SIGKILL: serving processes, the database server, the engines. */
export const processCrash: FaultExecutor = {
  id: "process-crash",
  title: "Each process is killed with SIGKILL under load",
  losesData: false,
  checkPreconditions: async () => [],
  async injections(target) {
    const processes = await target.processes();
    const ofKind = (kind: TargetProcess["kind"]) => processes.filter((process) => process.kind === kind);
    const engines = ofKind("engine");
    return [
      ...ofKind("serve").map((process) => killServe(target, process, engines.length > 0)),
      ...ofKind("postgres").map((process) => killServer(target, process)),
      ...(engines.length > 0 ? [killEngines(target)] : []),
    ];
  },
  verify: async () => [],
  restoreState: async () => undefined,
};

function killServe(target: DrillTarget, process: TargetProcess, separateEngines: boolean): Injection {
  const isModel = (name: string) => target.plan.units.find((unit) => unit.name === name)?.role === "model";
  const subjects = process.units.filter((unit) => !(separateEngines && isModel(unit)));
  return {
    description: `kill -9 of the process ${process.name} (${process.units.join(", ")})`,
    subjects: subjects.length > 0 ? subjects : process.units,
    observedBy: "request",
    inject: () => killByName(target, process.name),
    isRepaired: () => isReplaced(target, process),
  };
}

function killServer(target: DrillTarget, process: TargetProcess): Injection {
  return {
    description: "kill -9 of the PostgreSQL server",
    subjects: moduleDatabases(target.plan).map(({ name }) => name),
    observedBy: "write",
    inject: () => killByName(target, process.name),
    isRepaired: () => isReplaced(target, process),
  };
}

function killEngines(target: DrillTarget): Injection {
  let killed: readonly number[] = [];
  const engines = async () =>
    (await target.processes()).flatMap(({ kind, pid }) => (kind === "engine" && pid !== undefined ? [pid] : []));
  return {
    description: "kill -9 of every engine",
    subjects: target.plan.units.filter((unit) => unit.role === "model").map((unit) => unit.name),
    observedBy: "request",
    async inject() {
      killed = await engines();
      for (const pid of killed) await target.signalProcess(pid, "SIGKILL");
    },
    async isRepaired() {
      const now = await engines();
      return now.length >= killed.length && now.every((pid) => !killed.includes(pid));
    },
  };
}

async function killByName(target: DrillTarget, name: string): Promise<void> {
  const pid = (await target.processes()).find((process) => process.name === name)?.pid;
  if (pid !== undefined) await target.signalProcess(pid, "SIGKILL");
}

async function isReplaced(target: DrillTarget, before: TargetProcess): Promise<boolean> {
  const now = (await target.processes()).find((process) => process.name === before.name);
  return now?.running === true && now.pid !== before.pid;
}
