import { randomBytes } from "node:crypto";
import { release, type as systemType } from "node:os";
import { type DrillResult, RESULT_VERSION } from "../../contracts/drills.js";
import type { Milliseconds } from "../../plan/plan.js";
import { backupId } from "../backup/catalogue.js";
import type { Log } from "./target.js";

/** The result of a drill while it runs. `onChange` is called after each change. */
export class DrillRecord {
  #result: DrillResult;
  readonly #onChange: (result: DrillResult) => void;

  constructor(initial: DrillResult, onChange: (result: DrillResult) => void) {
    this.#result = initial;
    this.#onChange = onChange;
  }

  get result(): DrillResult {
    return this.#result;
  }

  update(part: Partial<DrillResult>): void {
    this.#result = { ...this.#result, ...part };
    this.#onChange(this.#result);
  }

  /** Adds an event with its time since the start of the drill. */
  readonly log: Log = (what) => {
    const { events, startedAt } = this.#result;
    this.update({ events: [...events, { t: Date.now() - startedAt, what }] });
  };
}

export interface NewDrill {
  readonly fault: { readonly id: string; readonly title: string };
  readonly plan: { readonly platform: string; readonly environment: string };
  readonly planDigest: string;
  readonly model: string | undefined;
  readonly steadyMs: Milliseconds;
  /** Undefined: the drill measures what the model answers. */
  readonly ratePerSecond: number | undefined;
  /** Version of the program. */
  readonly version: string;
}

/** The result of a drill that has done nothing yet. */
export function newDrill({ fault, plan, planDigest, model, steadyMs, ratePerSecond, version }: NewDrill): DrillResult {
  const startedAt = Date.now();
  return {
    formatVersion: RESULT_VERSION,
    id: `${backupId(startedAt)}-${fault.id}-${randomBytes(2).toString("hex")}`,
    fault: fault.id,
    title: fault.title,
    platform: plan.platform,
    environment: plan.environment,
    planDigest,
    state: "running",
    startedAt,
    measurements: [],
    faults: [],
    findings: [],
    terms: [],
    acknowledged: 0,
    lost: 0,
    failed: 0,
    load: { requests: ratePerSecond ?? 0, writes: ratePerSecond ?? 0, steadyMs, model: model ?? "" },
    series: [],
    writes: [],
    events: [],
    versions: { keelson: version, postgres: "", node: process.version, system: `${systemType()} ${release()}` },
  };
}
