import type { Problem, RecoveryReport } from "../contracts/recovery.js";
import { reserveOf } from "../disk/space.js";
import type { Milliseconds } from "../plan/plan.js";
import { formatDuration } from "../platform-file/format.js";
import { formatAge, formatSize } from "../promises/format.js";

export interface Expected {
  /** `backups.log.every`: a WAL segment is archived within this time. Undefined without a WAL archive. */
  readonly logEvery: Milliseconds | undefined;
  /** `backups.full.every`. Undefined if no full backups are taken. */
  readonly fullEvery: Milliseconds | undefined;
}

/** A backup may be this many intervals old: the newest one can still be running, or be tried again. */
const MAX_BACKUP_INTERVALS = 2;

/** What is wrong with the backups, the WAL archive, or the disk of the database. Pure. */
export function recoveryProblems(
  { backups, archive, database }: Omit<RecoveryReport, "problems">,
  expected: Expected,
  now: number,
): Problem[] {
  const problems: Problem[] = [];
  const add = (severity: Problem["severity"], what: string) => problems.push({ severity, what });
  if (backups.newest?.valid === false) add("degraded", `the newest backup ${backups.newest.id} is not valid`);
  const { unusable = 0 } = backups;
  if (unusable > 0)
    add(
      "degraded",
      `${unusable} ${unusable === 1 ? "backup" : "backups"} cannot be opened with the identity of this platform`,
    );
  const { fullEvery, logEvery } = expected;
  const newest = backups.newest?.at;
  if (fullEvery !== undefined && newest !== undefined && now - newest > MAX_BACKUP_INTERVALS * fullEvery)
    add(
      "degraded",
      `the newest backup is ${formatAge(now - newest)} old; one is due every ${formatDuration(fullEvery)}`,
    );
  const oldest = archive?.backlog.oldestAt;
  if (archive && oldest !== undefined && logEvery !== undefined && now - oldest > logEvery) {
    const { files, bytes } = archive.backlog;
    add(
      "degraded",
      `${files} WAL ${files === 1 ? "file" : "files"} (${formatSize(bytes)}) are not archived, the oldest for ${formatAge(now - oldest)}; declared: within ${formatDuration(logEvery)}`,
    );
  }
  if (database) {
    const { disk, size, declared, name, tablespaces = [] } = database;
    for (const path of tablespaces)
      add("degraded", `${name} has a tablespace at ${path}: no backup can be taken; move its tables and drop it`);
    if (disk.free < reserveOf(disk))
      add(
        "degraded",
        `the disk of ${name} is nearly full: ${formatSize(disk.free)} of ${formatSize(disk.total)} are left`,
      );
    if (size > declared)
      add(
        "warning",
        `${name} has ${formatSize(size)}, more than its declared size of ${formatSize(declared)}: the promise sheet uses the real size`,
      );
  }
  return problems;
}
