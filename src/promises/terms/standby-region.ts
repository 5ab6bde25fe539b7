import type { Plan, Region } from "../../plan/plan.js";
import type { Prediction } from "../prediction.js";
import { unbounded } from "../prediction.js";

/** The standby region that takes over: the first that is declared. */
export function standbyOf({ regions }: Plan): Region | undefined {
  return regions.find(({ role }) => role === "standby");
}

/** The file promises to survive its region, or declares a failover, and names no other region. */
export function withoutStandby(plan: Plan): Prediction {
  return unbounded(plan, "regions", "there is no standby region", {
    advice: "declare one, with copies of the data: `regions: { primary: REGION, standby: [REGION] }`",
  });
}
