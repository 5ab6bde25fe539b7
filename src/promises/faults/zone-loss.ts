import { defineFault } from "../fault.js";
import { onOneMachine, zones } from "../terms/machine.js";
import { inOneOfSeveralZones } from "./zone-loss/one-of-several.js";
import { inTheOnlyZone } from "./zone-loss/only-zone.js";

/** An availability zone fails: its nodes and the volumes in it. With a single zone the whole platform fails with it. */
export const zoneLoss = defineFault({
  id: "zone-loss",
  title: "An availability zone fails",
  includes: ["node-loss", "entrance-loss"],
  on: (plan) => {
    if (onOneMachine(plan)) return undefined;
    return zones(plan).length > 1 ? inOneOfSeveralZones(plan) : inTheOnlyZone;
  },
  drill: { kind: "by hand", why: "it needs a cluster in several zones" },
});
