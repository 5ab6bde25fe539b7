import type { ObjectivesInput } from "../platform-file/schema/objectives.js";
import type { Scope } from "./origin.js";
import type { Objectives } from "./plan.js";

const KEYS = ["availability", "rto", "rpo", "except", "latency", "retention"] as const;
const PERCENTILES = [
  ["p50", 0.5],
  ["p95", 0.95],
  ["p99", 0.99],
] as const;

/** The platform's own objectives. */
export function platformObjectives(scope: Scope, input: ObjectivesInput | undefined): Objectives {
  return {
    path: scope.path,
    availability: resolved(input?.availability, undefined),
    rto: resolved(input?.rto, undefined),
    rpo: resolved(input?.rpo, undefined),
    except: input?.except ?? [],
    latency: latency(input),
    retention: input?.retention,
  };
}

/** An element's objectives: its own, and the platform's for those that it does not set. `scope` is the element's. */
export function elementObjectives(scope: Scope, input: ObjectivesInput | undefined, platform: Objectives): Objectives {
  const objectivesScope = scope.at("objectives");
  for (const key of KEYS)
    if (input?.[key] === undefined && platform[key] !== undefined)
      scope.provenance.inherit(objectivesScope.pathOf(key), `objectives.${key}`);
  return {
    path: objectivesScope.path,
    availability: resolved(input?.availability, platform.availability),
    rto: resolved(input?.rto, platform.rto),
    rpo: resolved(input?.rpo, platform.rpo),
    except: input?.except ?? platform.except,
    latency: latency(input) ?? platform.latency,
    retention: input?.retention ?? platform.retention,
  };
}

/** The declared value, undefined for `none`; the platform's value if none is declared. */
function resolved(input: number | "none" | undefined, platform: number | undefined): number | undefined {
  return input === "none" ? undefined : (input ?? platform);
}

/** The highest percentile that is declared. */
function latency(input: ObjectivesInput | undefined): Objectives["latency"] {
  for (const [key, percentile] of [...PERCENTILES].reverse()) {
    const within = input?.latency?.[key];
    if (within !== undefined) return { percentile, within };
  }
  return undefined;
}
