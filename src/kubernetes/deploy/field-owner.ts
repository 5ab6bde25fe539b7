import { z } from "zod";
import { FIELD_MANAGER } from "../client.js";
import type { LiveObject } from "../live-object.js";
import { type FieldPath, FieldSet, intersection, union, without } from "./field-set.js";

const ManagedFieldsEntry = z.looseObject({
  manager: z.string().default("unknown"),
  operation: z.string().default("Update"),
  apiVersion: z.string().default(""),
  subresource: z.string().optional(),
  fieldsV1: FieldSet.optional(),
});
export type ManagedFieldsEntry = z.infer<typeof ManagedFieldsEntry>;

const Managed = z.looseObject({
  metadata: z.looseObject({ managedFields: z.array(ManagedFieldsEntry).default([]) }),
});

/**
 * Who writes with a field manager:
 * - `keelson`: deploy itself.
 * - `manual`: a person with kubectl, or a script that updates or patches the object. Flux treats the managers of kubectl the
 *   same way (fluxcd/pkg, `ssa.ApplyCleanupOptions`), to undo what was changed with kubectl.
 * - `controller`: a control loop of the cluster, which would write its value again.
 * - `applier`: another owner with server-side apply.
 */
export type Writer = "keelson" | "manual" | "controller" | "applier";

export interface FieldOwner {
  /** The name of the field manager. */
  readonly name: string;
  readonly writer: Writer;
  readonly fields: FieldSet;
}

/** Names that controllers use; `manager` is the default name of a program built with Kubebuilder. */
const CONTROLLER =
  /^(manager|kube-scheduler|kubelet|glbc|cilium|rancher)$|(^|-)(controller|operator|controller-manager)(-|$)/;

function writerOf({ manager, operation }: ManagedFieldsEntry): Writer {
  if (manager === FIELD_MANAGER || manager.startsWith(`${FIELD_MANAGER}-`)) return "keelson";
  if (manager.startsWith("kubectl") || manager === "before-first-apply") return "manual";
  if (CONTROLLER.test(manager)) return "controller";
  return operation === "Apply" ? "applier" : "manual";
}

/** The owners of the fields of a live object, without those of its status. */
export function ownersOf(live: LiveObject): readonly FieldOwner[] {
  return entriesOf(live)
    .filter(({ subresource }) => subresource !== "status")
    .map((entry) => ({ name: entry.manager, writer: writerOf(entry), fields: entry.fieldsV1 ?? {} }));
}

function entriesOf(live: LiveObject): readonly ManagedFieldsEntry[] {
  return Managed.parse(live).metadata.managedFields;
}

/**
 * The `managedFields` after deploy has taken over fields that were added by hand: the next apply, which does not contain
 * them, then removes them. Flux undoes manual changes in the same way.
 */
export function takeOver(live: LiveObject, paths: readonly FieldPath[]): readonly ManagedFieldsEntry[] {
  const taken: FieldSet[] = [];
  const others: ManagedFieldsEntry[] = [];
  let own: ManagedFieldsEntry = {
    manager: FIELD_MANAGER,
    operation: "Apply",
    apiVersion: live.apiVersion,
    fieldsType: "FieldsV1",
    fieldsV1: {},
  };
  for (const entry of entriesOf(live)) {
    if (entry.manager === FIELD_MANAGER && entry.operation === "Apply") {
      own = entry;
      continue;
    }
    const fields = entry.fieldsV1 ?? {};
    const released = entry.subresource === "status" ? {} : intersection(fields, paths);
    if (Object.keys(released).length === 0) {
      others.push(entry);
      continue;
    }
    taken.push(released);
    const left = without(fields, paths);
    if (Object.keys(left).length > 0) others.push({ ...entry, fieldsV1: left });
  }
  return [...others, { ...own, fieldsV1: taken.reduce(union, own.fieldsV1 ?? {}) }];
}
