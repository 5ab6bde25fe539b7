import type { Cited, Cloud } from "../../plan/plan.js";

const minutes = (count: number): number => count * 60_000;

/** From an unschedulable pod to a new node that is Ready; undefined without a cluster autoscaler. */
export function nodeProvisioning(cloud: Cloud): Cited | undefined {
  switch (cloud) {
    case "aws":
      return {
        value: minutes(5),
        source:
          "cluster-autoscaler decides within 30s (its documented objective up to 100 nodes); an EC2 node boots and joins in 1 to 4 min",
      };
    case "linode":
      return {
        value: minutes(7),
        source:
          "cluster-autoscaler decides within 30s (its documented objective up to 100 nodes); an LKE node boots and joins in 2 to 6 min",
      };
    case "none":
      return undefined;
  }
}

/** Whether a region has zones that fail independently. Akamai's regions are single sites: zones declared there fail together. */
export function hasZones(cloud: Cloud): boolean {
  return cloud !== "linode";
}
