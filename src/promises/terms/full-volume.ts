import type { Element, Plan } from "../../plan/plan.js";
import { VOLUME_NEARLY_FULL } from "../alerts.js";
import { volumeGrown } from "../facts/people.js";
import type { Prediction, Term } from "../prediction.js";
import { assumed, bounded, unbounded, unknown } from "../prediction.js";
import { volumeScope } from "./moved-volume.js";
import { onCallResponse, unnoticed } from "./store.js";

/**
 * A volume is full, and its server accepts no writes. No component makes volumes larger, so a person does; CloudNativePG fails no
 * server over that has no space for its next WAL segment (cloudnative-pg.io: Postgres instance manager, Disk Full Failure; read
 * 2026-11-30). `start` follows.
 */
export function grownByHand(
  subject: Element & { readonly storageClass?: string | undefined },
  plan: Plan,
  start: readonly Term[],
): Prediction {
  const response = onCallResponse(plan, VOLUME_NEARLY_FULL);
  if (!response) return unnoticed(plan, `that the volume of ${subject.name} is full`);
  return bounded(plan, subject.path, [
    ...response,
    assumed("volume made larger", volumeGrown.value, volumeGrown.why),
    ...start,
  ]);
}

/** Why the volume of a subject in the cluster cannot be made larger; undefined if it can. */
export function fixedVolume(
  subject: Element & { readonly storageClass?: string | undefined },
  plan: Plan,
): Prediction | undefined {
  const { name } = subject;
  switch (volumeScope(plan, subject)) {
    case "zonal":
    case "regional":
      return undefined;
    case "local":
      return unbounded(plan, "cluster.volumes", `the volume of ${name} is on a disk of its node, which does not grow`, {
        advice: "use volumes of a storage class that has `allowVolumeExpansion`",
      });
    case undefined:
      return unknown(plan, "cluster.volumes", `it is not known whether the volume of ${name} can be made larger`, {
        advice: "declare what the volumes of the cluster survive: `cluster: { volumes: zonal }`, or local, or regional",
      });
  }
}
