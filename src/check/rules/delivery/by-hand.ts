import type { Path, Plan } from "../../../plan/plan.js";
import { formatDuration } from "../../../platform-file/format.js";
import { onOneMachine } from "../../../promises/terms/machine.js";
import { defineRule } from "../../rule.js";

/** A person has to do what is declared. See docs/checks.md, Delivery. */
export const byHand = defineRule({
  code: "delivery/by-hand",
  severity: "note",
  summary: "drills, rotations or backups of the cluster are declared, which no target carries out",
  help: "Keelson schedules no drill, rotates no secret and takes no backup of the cluster's objects: the file states how often a person, or another tool, does. What no reminder asks for is forgotten, and the file states that it is done.",
  check({ plan }, report) {
    if (onOneMachine(plan) || plan.data !== "real") return;
    const declared = [...drills(plan), ...rotations(plan), ...clusterBackups(plan)];
    const [first] = declared;
    if (!first) return;
    report(first.path, {
      why: `no target carries out ${declared.map(({ what }) => what).join(", ")}: a person or another tool has to`,
      advice: "put each into a calendar or a pipeline that reminds of it",
    });
  },
});

interface Declared {
  readonly path: Path;
  readonly what: string;
}

function drills({ drills }: Plan): readonly Declared[] {
  return drills ? [{ path: drills.path, what: `the drills every ${formatDuration(drills.every)}` }] : [];
}

function rotations({ secrets }: Plan): readonly Declared[] {
  return secrets.flatMap(({ name, path, rotate }) =>
    rotate === undefined
      ? []
      : [{ path: `${path}.rotate`, what: `the rotation of ${name} every ${formatDuration(rotate)}` }],
  );
}

function clusterBackups({ cluster: { backups } }: Plan): readonly Declared[] {
  const kinds = (["objects", "etcd", "configuration"] as const).filter((kind) => backups[kind] !== undefined);
  return kinds.map((kind) => ({ path: `${backups.path}.${kind}`, what: `the backups of the cluster (${kind})` }));
}
