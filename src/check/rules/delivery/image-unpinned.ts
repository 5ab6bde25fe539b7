import type { Image, Plan } from "../../../plan/plan.js";
import { defineRule } from "../../rule.js";

/** What runs depends on the day it was pulled. */
export const imageUnpinned = defineRule({
  code: "delivery/image-unpinned",
  severity: "error",
  summary: "an image has no tag, or one that moves",
  help: "A moving tag means that two replicas of the same release may run different programs, and that a rollback rolls back nothing. A version tag says what was meant; a digest says what runs.",
  check(plan, report) {
    for (const { image, names } of images(plan)) {
      if (image.digest !== undefined) continue;
      const moving = image.tag === undefined || movingTags.has(image.tag.toLowerCase());
      if (!moving) continue;
      report(image.path, {
        why: `${names.join(", ")} ${names.length === 1 ? "runs" : "run"} ${image.repository}${image.tag === undefined ? " without a tag, which means latest" : `:${image.tag}, which moves`}`,
        advice: "pin a version (`image: name:1.4.2`) or a digest (`image: name@sha256:…`)",
      });
    }
  },
});

const movingTags: ReadonlySet<string> = new Set([
  "latest",
  "main",
  "master",
  "edge",
  "nightly",
  "dev",
  "develop",
  "stable",
  "head",
  "rolling",
]);

/** Each image once, with the containers that run it. */
function images(plan: Plan): readonly { readonly image: Image; readonly names: readonly string[] }[] {
  const byPath = new Map<string, { image: Image; names: string[] }>();
  for (const container of plan.units.flatMap((unit) => [unit, ...unit.sidecars])) {
    const { image, name } = container;
    const entry = byPath.get(image.path) ?? { image, names: [] };
    entry.names.push(name);
    byPath.set(image.path, entry);
  }
  return [...byPath.values()];
}
