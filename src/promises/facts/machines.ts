import type { Cited, Cloud } from "../../plan/plan.js";

const minutes = (count: number): number => count * 60_000;

/** From "no room for this pod" to a new node that is Ready; undefined where nobody makes one. */
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

/** Whether a region has zones that could be lost alone. Akamai's regions are single sites: zones named there share their fate. */
export function hasZones(cloud: Cloud): boolean {
  return cloud !== "linode";
}
