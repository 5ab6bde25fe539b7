import { isDeclared } from "../../../plan/origin.js";
import type { Path, Plan } from "../../../plan/plan.js";
import { storeTraits } from "../../../plan/stores/index.js";
import { onOneMachine } from "../../../promises/terms/machine.js";
import { defineRule, type Found } from "../../rule.js";

/** A declared setting changes nothing. See docs/checks.md, Delivery. */
export const noEffect = defineRule({
  code: "delivery/no-effect",
  severity: "warning",
  summary: "a declared setting has no effect with this provider, or because every component overrides it",
  help: "A setting that nothing carries out is worse than none: a reader of the file counts on it. It belongs to another provider, or each component has its own value.",
  check({ plan }, report) {
    if (onOneMachine(plan)) return;
    for (const { path, ...found } of [
      ...ignoredByProvider(plan),
      ...machinesOfNodes(plan),
      ...overriddenStrategy(plan),
      ...unaudited(plan),
      ...unscraped(plan),
    ])
      report(path, found);
  },
});

interface WithoutEffect extends Found {
  readonly path: Path;
}

function withoutEffect(path: Path, why: string, advice: string): WithoutEffect {
  return { path, why, advice, fix: { edits: [{ path, value: undefined }], safe: false } };
}

function ignoredByProvider({ stores }: Plan): readonly WithoutEffect[] {
  return stores.flatMap((store) =>
    storeTraits(store).ignored.map(({ key, why, advice }) =>
      withoutEffect(
        `${store.path}.${key}`,
        `\`${key}\` of ${store.name} has no effect: ${why}`,
        `remove it, or ${advice}`,
      ),
    ),
  );
}

/** The servers of a store that no cloud provides run on the nodes of the cluster. */
function machinesOfNodes({ stores }: Plan): readonly WithoutEffect[] {
  return stores.flatMap(({ name, path, machine, provider: { kind, product } }) =>
    machine === undefined || kind === "managed"
      ? []
      : [
          withoutEffect(
            `${path}.machine`,
            `\`machine\` of ${name} has no effect: ${product} runs on the nodes of the cluster`,
            "remove it and set `nodes`, or have a cloud provide the store (`provide: managed`)",
          ),
        ],
  );
}

/** One component with another strategy is an exception; all of them make the platform's meaningless. */
function overriddenStrategy(plan: Plan): readonly WithoutEffect[] {
  const path = "delivery.strategy";
  if (!isDeclared(plan, path) || plan.units.length === 0) return [];
  if (plan.units.some(({ rollout }) => plan.origins[`${rollout.path}.strategy`]?.inheritedFrom === path)) return [];
  return [
    withoutEffect(
      path,
      "every component declares a rollout strategy of its own, so that of the platform has no effect",
      "remove it, or `strategy` of the components that are to follow it",
    ),
  ];
}

function unscraped({ units, observe }: Plan): readonly WithoutEffect[] {
  if (observe.metrics !== "none") return [];
  return units.flatMap(({ name, path, metrics }) =>
    metrics === undefined
      ? []
      : [
          withoutEffect(
            `${path}.metrics`,
            `nothing scrapes the metrics of ${name}`,
            "set `observe: { metrics: prometheus }`",
          ),
        ],
  );
}

function unaudited(plan: Plan): readonly WithoutEffect[] {
  const isAudited = plan.units.some(
    ({ modules, sidecars }) => [modules, ...sidecars.map((each) => each.modules)].flat().length > 0,
  );
  if (!plan.security.audit || !isDeclared(plan, "security.audit") || isAudited) return [];
  return [
    withoutEffect(
      "security.audit",
      "the audit log is that of Keelson's modules, and every component here runs an image of its own",
      "remove it, and configure the audit log of the images",
    ),
  ];
}
