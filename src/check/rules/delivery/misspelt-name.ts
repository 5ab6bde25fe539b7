import type { Path, Plan } from "../../../plan/plan.js";
import { parsePath } from "../../../platform-file/path.js";
import { editDistance, suggest } from "../../../platform-file/suggest.js";
import { defineRule } from "../../rule.js";

/** An environment's difference that changes nothing of the base, because it does not name it. */
export const misspeltName = defineRule({
  code: "delivery/misspelt-name",
  severity: "warning",
  summary: "an environment adds something whose name is nearly that of something in the base",
  help: "Environments are differences over one base, and a name that the base does not know adds something new. With a letter wrong the difference silently makes a second element of defaults, while the one that was meant stays as the base has it. What is new on purpose is mentioned somewhere, or tells itself apart by more than a letter or by a number.",
  check(plan, report) {
    const all = elements(plan);
    const added = all.filter(({ isNew }) => isNew);
    if (added.length === 0) return;
    const mentioned = mentions(plan);
    for (const { path, group, name } of added) {
      if (mentioned.has(name)) continue;
      // A name that the environment removes is not among these: what stands beside it is a new name for it.
      const base = all.filter((each) => each.group === group && !each.isNew);
      const near = suggest(
        name,
        base.map((each) => each.name),
      );
      if (near === undefined || !isSlip(name, near)) continue;
      const letters = editDistance(name, near);
      report(path, {
        why: `\`${name}\` is a new ${kinds[group]} of ${plan.environment} that nothing mentions, ${letters} letter${letters === 1 ? "" : "s"} away from \`${near}\`, which stays as the base has it`,
        advice: `write \`${near}\` if that was meant; else mention \`${name}\` where it is used, or name it less alike`,
        fix: { edits: [{ path, value: undefined, rename: near }], safe: false },
      });
    }
  },
});

/** What stands in the file under names of people's choice. */
const kinds = {
  services: "service",
  models: "model",
  stores: "store",
  entrances: "entrance",
  secrets: "secret",
  nodes: "node pool",
} as const;
type Group = keyof typeof kinds;

/** Something under a name of the file's own choice; new where the environment has it and the base has not. */
interface Named {
  readonly path: Path;
  readonly group: Group;
  readonly name: string;
  readonly isNew: boolean;
}

function elements(plan: Plan): readonly Named[] {
  return Object.entries(plan.origins).flatMap(([path, { kind }]): readonly Named[] => {
    if (kind === "default") return [];
    const [group, name, ...below] = parsePath(path);
    if (!isGroup(group) || typeof name !== "string" || below.length > 0) return [];
    return [{ path, group, name, isNew: kind === "environment" }];
  });
}

function isGroup(word: unknown): word is Group {
  return typeof word === "string" && Object.hasOwn(kinds, word);
}

/** One letter, or two in a long name. Names that differ by a number are told apart on purpose: `worker` and `worker-2`. */
function isSlip(name: string, near: string): boolean {
  const unnumbered = (each: string): string => each.replace(/[.-]?\d+/g, "");
  if (unnumbered(name) === unnumbered(near)) return false;
  const shorter = Math.min(name.length, near.length);
  return shorter >= 3 && editDistance(name, near) <= (shorter < 8 ? 1 : 2);
}

/** Every name that another part of the file mentions: whoever misspells a difference does so in one place. */
function mentions({ edges, models, units, stores, entrances, cluster }: Plan): ReadonlySet<string> {
  return new Set(
    [
      edges.map(({ to }) => to),
      models.flatMap(({ fallbacks, upstreams }) => [
        ...fallbacks,
        ...upstreams.flatMap(({ secret }) => secret?.split("/")[0] ?? []),
      ]),
      units.flatMap(({ pool, secrets, sidecars }) => [
        ...(pool === undefined ? [] : [pool]),
        ...secrets.map(({ secret }) => secret),
        ...sidecars.flatMap((sidecar) => [sidecar.name, ...sidecar.secrets.map(({ secret }) => secret)]),
      ]),
      stores.flatMap(({ pool, backups }) => [...(pool === undefined ? [] : [pool]), ...backups.to]),
      entrances.filter(({ routes }) => routes.length > 0).map(({ name }) => name),
      cluster.backups.to,
    ].flat(),
  );
}
