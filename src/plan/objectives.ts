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
export function platformObjectives(scope: Scope, written: ObjectivesInput | undefined): Objectives {
  return {
    path: scope.path,
    availability: promised(written?.availability, undefined),
    rto: promised(written?.rto, undefined),
    rpo: promised(written?.rpo, undefined),
    except: written?.except ?? [],
    latency: latency(written),
    retention: written?.retention,
  };
}

/** An element's objectives: its own, and the platform's for those that it does not set. `scope` is the element's. */
export function elementObjectives(
  scope: Scope,
  written: ObjectivesInput | undefined,
  platform: Objectives,
): Objectives {
  const own = scope.at("objectives");
  for (const key of KEYS)
    if (written?.[key] === undefined && platform[key] !== undefined)
      scope.provenance.inherit(own.pathOf(key), `objectives.${key}`);
  return {
    path: own.path,
    availability: promised(written?.availability, platform.availability),
    rto: promised(written?.rto, platform.rto),
    rpo: promised(written?.rpo, platform.rpo),
    except: written?.except ?? platform.except,
    latency: latency(written) ?? platform.latency,
    retention: written?.retention ?? platform.retention,
  };
}

/** What is written, nothing for `none`, and the platform's for what is not written. */
function promised(written: number | "none" | undefined, platform: number | undefined): number | undefined {
  return written === "none" ? undefined : (written ?? platform);
}

/** The strictest percentile that is written. */
function latency(written: ObjectivesInput | undefined): Objectives["latency"] {
  for (const [key, percentile] of [...PERCENTILES].reverse()) {
    const within = written?.latency?.[key];
    if (within !== undefined) return { percentile, within };
  }
  return undefined;
}
