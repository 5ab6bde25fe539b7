import { many } from "../one-or-many.js";
import {
  declaredVolumes,
  listedAt,
  type ReferenceContext,
  type ReferenceProblem,
  type SettingPath,
  unknownReference,
} from "./context.js";

/** `backups.to` of stores, volumes and the cluster names buckets. */
export function* checkBackupTargets(context: ReferenceContext): Iterable<ReferenceProblem> {
  for (const [name, { backups }] of Object.entries(context.settings.stores ?? {}))
    yield* copies(context, ["stores", name, "backups", "to"], backups?.to, name);
  for (const { at, volume } of declaredVolumes(context))
    yield* copies(context, [...at, "backups", "to"], volume.backups?.to);
  yield* copies(context, ["cluster", "backups", "to"], context.settings.cluster?.backups?.to);
}

function* copies(
  context: ReferenceContext,
  path: SettingPath,
  to: string | readonly string[] | undefined,
  own?: string,
): Iterable<ReferenceProblem> {
  for (const [index, name] of many(to).entries()) {
    const where = listedAt(path, index, to);
    if (name === own)
      yield {
        path: where,
        code: "spec/conflict",
        message: `\`${name}\` cannot hold its own backups`,
        hint: "name another bucket",
      };
    else if (!context.buckets.has(name))
      yield unknownReference(context, where, { kind: "bucket", name, known: context.buckets, groups: ["stores"] });
  }
}

/** `replicas` of a store counts its readers. */
export function* checkReaders({ settings }: ReferenceContext): Iterable<ReferenceProblem> {
  for (const [name, store] of Object.entries(settings.stores ?? {}))
    if ("readers" in store && store.replicas !== undefined && store.readers !== undefined)
      yield {
        path: ["stores", name, "readers"],
        code: "spec/conflict",
        message: "`replicas` already counts the readers",
        hint: "keep one of them",
      };
}
