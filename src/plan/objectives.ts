import { faultNames } from "../platform-file/faults.js";
import { NO_OBJECTIVES } from "../platform-file/policies.js";
import type { ObjectivesInput, WrittenObjectives } from "../platform-file/schema/objectives.js";
import type { Scope } from "./origin.js";
import type { FaultObjective, Milliseconds, Objectives, PercentileObjective } from "./plan.js";

const KEYS = ["availability", "rto", "rpo", "except", "latency", "firstToken", "retention"] as const;
const RECOVERY = ["rto", "rpo"] as const;
const PERCENTILES = [
  ["p50", 0.5],
  ["p95", 0.95],
  ["p99", 0.99],
] as const;

/** The platform's own objectives. */
export function platformObjectives(scope: Scope, given: ObjectivesInput | undefined): Objectives {
  const input = writtenOut(given);
  return {
    path: scope.path,
    availability: resolved(input?.availability, undefined),
    rto: resolved(forEvery(input?.rto), undefined),
    rpo: resolved(forEvery(input?.rpo), undefined),
    byFault: RECOVERY.flatMap((of) => declaredByFault(scope, of, input?.[of])),
    except: input?.except ?? [],
    latency: highest(input?.latency),
    firstToken: highest(input?.firstToken),
    retention: input?.retention,
  };
}

/**
 * An element's objectives: its own, and for those that it does not set the platform's, or of a volume its unit's. `scope` is the
 * element's.
 */
export function elementObjectives(scope: Scope, given: ObjectivesInput | undefined, platform: Objectives): Objectives {
  const objectivesScope = scope.at("objectives");
  const input = writtenOut(given);
  if (given === NO_OBJECTIVES) return platformObjectives(objectivesScope, undefined);
  for (const key of KEYS)
    if (input?.[key] === undefined && platform[key] !== undefined)
      scope.provenance.inherit(objectivesScope.pathOf(key), `${platform.path}.${key}`);
  return {
    path: objectivesScope.path,
    availability: resolved(input?.availability, platform.availability),
    rto: resolved(forEvery(input?.rto), platform.rto),
    rpo: resolved(forEvery(input?.rpo), platform.rpo),
    byFault: RECOVERY.flatMap((of) => elementByFault(objectivesScope, of, input?.[of], platform)),
    except: input?.except ?? platform.except,
    latency: input?.latency === undefined ? platform.latency : highest(input.latency),
    firstToken: input?.firstToken === undefined ? platform.firstToken : highest(input.firstToken),
    retention: input?.retention ?? platform.retention,
  };
}

/** Named policies were written out when the file was read. */
function writtenOut(given: ObjectivesInput | undefined): WrittenObjectives | undefined {
  return typeof given === "string" || Array.isArray(given) ? undefined : given;
}

type RecoveryInput = WrittenObjectives["rto"];

/** The objective for every fault that is not named. */
function forEvery(input: RecoveryInput): Milliseconds | "none" | undefined {
  return typeof input === "object" ? input.default : input;
}

/** The objectives for single faults, as this part of the file declares them. */
function declaredByFault(scope: Scope, of: FaultObjective["of"], input: RecoveryInput): readonly FaultObjective[] {
  if (typeof input !== "object") return [];
  return faultNames.flatMap((fault) => {
    const promised = input[fault];
    return promised === undefined
      ? []
      : [{ fault, of, promised: promised === "none" ? undefined : promised, path: scope.pathOf(of, fault) }];
  });
}

/** An element's own, and the platform's for the faults that it does not name. One objective for every fault replaces them all. */
function elementByFault(
  scope: Scope,
  of: FaultObjective["of"],
  input: RecoveryInput,
  platform: Objectives,
): readonly FaultObjective[] {
  if (input !== undefined && typeof input !== "object") return [];
  const own = declaredByFault(scope, of, input);
  const inherited = platform.byFault.filter((each) => each.of === of && !own.some(({ fault }) => fault === each.fault));
  return [...own, ...inherited];
}

/** The declared value, undefined for `none`; the platform's value if none is declared. */
function resolved(input: number | "none" | undefined, platform: number | undefined): number | undefined {
  return input === "none" ? undefined : (input ?? platform);
}

/** The highest percentile that is declared. */
function highest(input: WrittenObjectives["latency"]): PercentileObjective | undefined {
  if (input === "none") return undefined;
  for (const [key, percentile] of [...PERCENTILES].reverse()) {
    const within = input?.[key];
    if (within !== undefined) return { percentile, within };
  }
  return undefined;
}
