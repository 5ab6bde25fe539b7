import type { Path, Plan } from "../../../plan/plan.js";
import { parsePath } from "../../../platform-file/path.js";
import { editDistance, suggest } from "../../../platform-file/suggest.js";
import { defineRule } from "../../rule.js";

/** An environment sets an element that the base does not have. See docs/checks.md, Delivery. */
export const misspelledName = defineRule({
  code: "delivery/misspelt-name",
  severity: "warning",
  summary: "an environment adds an element whose name is similar to that of an element in the base",
  help: "An environment overrides settings of the base, and a name that the base does not have adds an element. With a typo the environment adds a second element with defaults, and the intended one is unchanged. A name that is referenced elsewhere, or that differs by a number or by more than two letters, is not reported.",
  check({ plan }, report) {
    const all = elements(plan);
    const added = all.filter(({ isNew }) => isNew);
    if (added.length === 0) return;
    const referenced = references(plan);
    for (const { path, group, name } of added) {
      if (referenced.has(name)) continue;
      // An element that the environment removes is not among these: the new name replaces it.
      const base = all.filter((each) => each.group === group && !each.isNew);
      const near = suggest(
        name,
        base.map((each) => each.name),
      );
      if (near === undefined || !isTypo(name, near)) continue;
      const letters = editDistance(name, near);
      report(path, {
        why: `\`${name}\` is a new ${KINDS[group]} of ${plan.environment} that nothing refers to, ${letters} letter${letters === 1 ? "" : "s"} from \`${near}\`, which the environment does not change`,
        advice: `rename it to \`${near}\` if that was intended; otherwise refer to \`${name}\` where it is used, or choose a less similar name`,
        fix: { edits: [{ path, value: undefined, rename: near }], safe: false },
      });
    }
  },
});

/** The sections of the file whose keys are names. */
const KINDS = {
  services: "service",
  models: "model",
  stores: "store",
  entrances: "entrance",
  secrets: "secret",
  nodes: "node pool",
} as const;
type Group = keyof typeof KINDS;

/** A named element; new if the environment declares it and the base does not. */
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
  return typeof word === "string" && Object.hasOwn(KINDS, word);
}

/** One letter, or two in a long name. Names that differ by a number are intended: `worker` and `worker-2`. */
function isTypo(name: string, near: string): boolean {
  const unnumbered = (each: string): string => each.replace(/[.-]?\d+/g, "");
  if (unnumbered(name) === unnumbered(near)) return false;
  const shorter = Math.min(name.length, near.length);
  return shorter >= 3 && editDistance(name, near) <= (shorter < 8 ? 1 : 2);
}

/** Every name that another part of the file refers to. A typo is usually in one place only. */
function references({ edges, models, units, stores, entrances, cluster }: Plan): ReadonlySet<string> {
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
