import type { Store } from "../../plan/plan.js";
import { formatSchedule } from "../../platform-file/schedule.js";
import type { Note } from "../target.js";

/** What a managed store copies, its provider copies: it is asked for where the store is made. */
export function managedBackupNotes(store: Store): readonly Note[] {
  const { backups, provider } = store;
  const declared = (["full", "log", "snapshot"] as const).flatMap((kind) => {
    const schedule = backups[kind];
    return schedule ? [`${kind} ${formatSchedule(schedule)}`] : [];
  });
  if (declared.length === 0) return [];
  const left = leftToCopy(store);
  const message = `backups of ${store.name} are taken by ${provider.product}: ask it for ${declared.join(", ")}`;
  return [{ path: backups.path, message: left === undefined ? message : `${message}; ${left}` }];
}

/** Buckets that `backups.to` names and that nothing copies to. */
export function leftToCopy({ backups, provider }: Store): string | undefined {
  const empty = backups.to.filter((bucket) => !provider.sendsTo.includes(bucket));
  return empty.length === 0 ? undefined : `copying them to ${empty.join(", ")} is left to you`;
}
