import type { Plan, Unit } from "../../plan/plan.js";
import { replicasMissing } from "../alerts.js";
import { defineFault } from "../fault.js";
import type { Prediction } from "../prediction.js";
import { unbounded } from "../prediction.js";
import { recreateVolume } from "../runbooks/volumes.js";
import { persistentVolume } from "../subjects.js";
import { lostWithVolume } from "../terms/state.js";

/** The persistent volume of a unit is lost: its disk fails, its claim is deleted, or its file system is damaged. */
export const volumeLoss = defineFault({
  id: "volume-loss",
  title: "The persistent volume of a component is lost",
  includes: [],
  on: {
    unit: {
      affects: (unit) => persistentVolume(unit) !== undefined,
      rto: nothingToRestore,
      rpo: lostWithVolume,
      alert: replicasMissing,
      runbook: recreateVolume,
    },
    database: undefined,
    cache: undefined,
    broker: undefined,
    bucket: undefined,
    entrance: undefined,
    model: undefined,
    platform: undefined,
  },
  drill: { kind: "by hand", why: "it needs a component with a volume, which one machine does not run" },
});

/** Without a backup nothing brings the data back, however fast an empty volume is created. */
function nothingToRestore(unit: Unit, plan: Plan): Prediction {
  return unbounded(plan, `${unit.path}.volumes`, `there is no backup to restore the volume of ${unit.name} from`, {
    advice: "keep the data in a store that is replicated or backed up",
  });
}
