import { backupSpace, bucketSpace } from "../../../plan/backup-space.js";
import { hasServers } from "../../../plan/stores/index.js";
import { formatBytes } from "../../../platform-file/format.js";
import { defineRule } from "../../rule.js";

/** The declared size of a volume or bucket is too small for the backups that it retains. See docs/checks.md, Recovery. */
export const backupSpaceRule = defineRule({
  code: "recovery/backup-space",
  severity: "warning",
  summary: "the volume or bucket for backups is smaller than the backups that it must retain",
  help: "When it is full, WAL is no longer archived. PostgreSQL then retains every segment in its data volume until that is full too, and stops. The space follows from the size of the data, the interval and the retention.",
  check({ plan, buckets }, report) {
    for (const store of plan.stores.filter(hasServers)) {
      const { backups, provider, size, name } = store;
      const space = provider.copies === "volume" ? backupSpace(size, backups) : undefined;
      if (!space || backups.size >= space.bytes) continue;
      report(`${backups.path}.size`, {
        why: `the backups of ${name} have ${formatBytes(backups.size)}, but ${space.copies} compressed copies of ${formatBytes(size)} and ${space.segments} WAL segments need ${formatBytes(space.bytes)}`,
        advice: `declare \`size: ${formatBytes(space.bytes)}\`, or retain fewer backups`,
        // A claim of a StatefulSet does not change when the file does, so an existing volume must be expanded by hand.
        fix: { edits: [{ path: `${backups.path}.size`, value: formatBytes(space.bytes) }], safe: false },
      });
    }
    for (const bucket of buckets) {
      const needed = bucket.provider.kind === "in-cluster" ? bucketSpace(bucket.name, plan) : 0;
      if (bucket.size >= needed) continue;
      report(`${bucket.path}.size`, {
        why: `the bucket ${bucket.name} has ${formatBytes(bucket.size)}, but the backups that are sent to it need ${formatBytes(needed)}`,
        advice: `declare \`size: ${formatBytes(needed)}\`, or retain fewer backups`,
        fix: { edits: [{ path: `${bucket.path}.size`, value: formatBytes(needed) }], safe: false },
      });
    }
  },
});
