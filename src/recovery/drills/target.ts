import type { Plan } from "../../plan/plan.js";
import type { Repository } from "../repository/repository.js";
import type { Recovery } from "../service.js";

export interface TargetProcess {
  readonly name: string;
  readonly kind: "postgres" | "serve";
  readonly pid: number | undefined;
  readonly phase: string;
  /** Names of the plan's units that run in it. */
  readonly units: readonly string[];
}

/** The platform that a drill strikes: all that it may see and touch. */
export interface DrillTarget {
  readonly plan: Plan;
  /** Where clients reach it, and a key for the model APIs. */
  readonly url: string;
  readonly key: string;
  /** Where a unit of the plan is reached; undefined for one that does not run here. */
  readonly unitUrl: (unit: string) => string | undefined;
  /** The token by which the platform's own processes are known to the admin API. */
  readonly internalToken: string;
  readonly databaseUrl: string;
  /** The database's data directory. */
  readonly databaseDirectory: string;
  readonly recovery: Recovery;
  readonly repository: Repository;
  processes(): Promise<readonly TargetProcess[]>;
  /** What supervisor and recovery did, for the drill's record. */
  onEvent(listener: (what: string) => void): () => void;
}

/** Something that is wrong whatever was measured: it breaks the promise by itself. */
export interface Finding {
  readonly what: string;
  readonly why: string;
}

export interface Strike {
  /** What is done, for the report: `kill -9 of the process platform (pid 4711)`. */
  readonly what: string;
  /** The plan's elements whose promise it measures. */
  readonly subjects: readonly string[];
  /** By which clients the outage is measured. */
  readonly seenBy: "request" | "write";
  strike(): Promise<void>;
  /** True when the fault has been repaired, apart from what clients see. */
  repaired(): Promise<boolean>;
}

/** How a fault of the catalogue is brought about on a platform of this machine. One file for each. */
export interface FaultExecutor {
  /** The drill's id in the catalogue of promises. */
  readonly id: string;
  readonly title: string;
  /** What must hold before anything is struck; a finding ends the drill as broken, and nothing was destroyed. */
  inspect(target: DrillTarget, say: (what: string) => void): Promise<readonly Finding[]>;
  strikes(target: DrillTarget): Promise<readonly Strike[]>;
  /** After all strikes, with the platform whole again. */
  conclude(target: DrillTarget, say: (what: string) => void): Promise<readonly Finding[]>;
  /** Always runs, also after a cancelled drill: puts back what was only broken for the drill. */
  tidy(target: DrillTarget): Promise<void>;
}
