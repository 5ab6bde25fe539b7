import type { Plan } from "../../plan/plan.js";
import type { Recovery } from "../service/recovery.js";
import type { Writer } from "./writer.js";

/** An operating system process (or pod) of the platform. */
export interface TargetProcess {
  readonly name: string;
  readonly kind: "postgres" | "serve" | "engine";
  readonly pid: number | undefined;
  readonly running: boolean;
  /** Names of the plan's units that run in it; empty for an engine. */
  readonly units: readonly string[];
}

/** The endpoints and credentials of the drill's clients. */
export interface DrillClients {
  /** Public entry point of the model API. */
  readonly url: string;
  readonly apiKey: string;
  /** Credential for the admin API. */
  readonly operatorToken: string;
  /** Base URL of a unit; undefined for a unit that this target does not run. */
  unitUrl(unit: string): string | undefined;
}

/** What a drill may do with the backups and the log archive. */
export type DrillBackups = Pick<
  Recovery,
  "catalogue" | "take" | "verify" | "remove" | "probeArchive" | "lastRestore" | "state"
>;

/**
 * The platform under test, as capabilities: the runner and the faults use nothing else, so that another kind of target
 * (a cluster) implements this interface and changes neither.
 */
export interface DrillTarget {
  readonly plan: Plan;
  readonly clients: DrillClients;
  readonly backups: DrillBackups;
  processes(): Promise<readonly TargetProcess[]>;
  /** Sends a signal to a process; does nothing if it has exited. */
  signalProcess(pid: number, signal: NodeJS.Signals): Promise<void>;
  /** Makes the database's storage unavailable and kills its server, as the loss of a disk does. */
  destroyDatabaseStorage(): Promise<void>;
  /**
   * Deletes what earlier drills kept of destroyed storage, except the newest. Returns where the newest is kept; undefined
   * if there is none.
   */
  pruneDestroyedStorage(): Promise<string | undefined>;
  /** Takes a backup and changes one bit of it in the repository. Returns its id. */
  corruptNewestBackup(): Promise<string>;
  /** Opens a client that commits writes to the database. */
  openWriter(): Promise<Writer>;
  /** Of these chat requests, the ids that the usage ledger contains. Throws while the database is unavailable. */
  readAcknowledged(ids: readonly string[]): Promise<ReadonlySet<string>>;
  databaseVersion(): Promise<string>;
  /** Subscribes to the events of supervisor and recovery. Returns the function that unsubscribes. */
  onEvent(listener: (what: string) => void): () => void;
}

/** Adds a line to the drill's record. */
export type Log = (what: string) => void;

/** A defect that no measurement expresses: it breaks the promise by itself. */
export interface Finding {
  readonly what: string;
  readonly why: string;
}

/** One fault, ready to be injected. */
export interface Injection {
  /** For the report: `kill -9 of the PostgreSQL server`. */
  readonly description: string;
  /** The plan's elements whose promise it measures. */
  readonly subjects: readonly string[];
  /** The clients whose failures define the outage. */
  readonly observedBy: "request" | "write";
  inject(): Promise<void>;
  /** True once the target has replaced what was destroyed, regardless of what clients observe. */
  isRepaired(): Promise<boolean>;
}

/** A drill's fault: how it is injected, and what must be true before and after. One file each. */
export interface FaultExecutor {
  /** The drill's id in the catalogue of promises. */
  readonly id: string;
  readonly title: string;
  /** Whether acknowledged data of the platform is lost, because its database is restored from a backup. */
  readonly losesData: boolean;
  /** Runs before anything is injected. A finding ends the drill as broken, and nothing is destroyed. */
  checkPreconditions(target: DrillTarget, log: Log): Promise<readonly Finding[]>;
  injections(target: DrillTarget): Promise<readonly Injection[]>;
  /** Runs after the last injection. */
  verify(target: DrillTarget, log: Log): Promise<readonly Finding[]>;
  /** Always runs, also after a cancelled drill: undoes what only the drill changed. */
  restoreState(target: DrillTarget): Promise<void>;
}
