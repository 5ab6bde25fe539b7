import { hasExactImage, knownLines } from "../../../plan/images.js";
import type { Image, Plan } from "../../../plan/plan.js";
import { storeImage } from "../../../plan/stores/index.js";
import { defineRule } from "../../rule.js";

/** Which program runs depends on when the image was pulled. See docs/checks.md, Delivery. */
export const imageUnpinned = defineRule({
  code: "delivery/image-unpinned",
  severity: "error",
  summary: "an image has no tag, or a mutable one",
  help: "With a mutable tag two replicas of the same release may run different programs, and a rollback does not restore the previous one. A version tag names the intended program; a digest identifies the one that runs.",
  check({ plan }, report) {
    for (const { image, names } of images(plan)) {
      if (image.digest !== undefined) continue;
      if (image.tag !== undefined && !MUTABLE_TAGS.has(image.tag.toLowerCase())) continue;
      report(image.path, {
        why: `${names.join(", ")} ${names.length === 1 ? "runs" : "run"} ${image.repository}${image.tag === undefined ? " without a tag, which means latest" : `:${image.tag}, which is mutable`}`,
        advice: "pin a version (`image: name:1.4.2`) or a digest (`image: name@sha256:…`)",
      });
    }
    for (const store of plan.stores) {
      const image = storeImage(store);
      if (image?.version === undefined || hasExactImage(image.product, image.version)) continue;
      report(`${store.path}.${store.kind}`, {
        why: `${store.name}: no release of ${image.product} ${image.version} is known, so its image would be a mutable tag`,
        advice: `declare a release (\`${store.kind}: "X.Y.Z"\`), or one of the versions ${knownLines(image.product).join(", ")}`,
      });
    }
  },
});

const MUTABLE_TAGS: ReadonlySet<string> = new Set([
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

/** Each declared image, with the names of the containers that run it: a sidecar of several hosts once. */
function images(plan: Plan): readonly { readonly image: Image; readonly names: readonly string[] }[] {
  const byPath = new Map<string, { image: Image; names: Set<string> }>();
  for (const container of plan.units.flatMap((unit) => [unit, ...unit.sidecars])) {
    const { image, name } = container;
    const entry = byPath.get(image.path) ?? { image, names: new Set() };
    entry.names.add(name);
    byPath.set(image.path, entry);
  }
  return [...byPath.values()].map(({ image, names }) => ({ image, names: [...names] }));
}
