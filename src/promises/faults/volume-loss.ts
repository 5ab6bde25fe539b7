import { volumeBackupsTooOld } from "../alerts.js";
import { defineFault } from "../fault.js";
import { restoreVolume } from "../runbooks/volumes.js";
import { lostSinceVolumeBackup, volumeRestore } from "../terms/volume.js";

/** The persistent volume of a unit is lost: its disk fails, its claim is deleted, or its file system is damaged. */
export const volumeLoss = defineFault({
  id: "volume-loss",
  title: "The persistent volume of a component is lost",
  includes: [],
  on: {
    volume: {
      rto: (volume, plan) => volumeRestore(volume, plan, "volume"),
      rpo: (volume, plan) => lostSinceVolumeBackup(volume, plan, "volume"),
      alert: volumeBackupsTooOld,
      runbook: restoreVolume,
    },
    unit: undefined,
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
