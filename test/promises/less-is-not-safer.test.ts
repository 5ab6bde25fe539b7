import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plansIn } from "../../src/cli/design/edited-plans.js";
import { promisesOf } from "../../src/promises/comparison/compare.js";
import { promiseSheet } from "../../src/promises/sheet.js";
import { type PlatformData, platforms, yamlOf } from "../support/promises/platforms.js";
import { runs } from "../support/property-runs.js";

/** The promises that a platform keeps, and the others; undefined if its file is invalid. */
function verdicts(platform: object): ReadonlyMap<string, boolean> | undefined {
  const plans = plansIn("platform.yaml", yamlOf(platform));
  return (
    plans &&
    new Map(
      plans.flatMap((plan) =>
        promisesOf(promiseSheet(plan, [])).map(({ place, promised }) => [
          `${place.of} of ${place.subject} in ${place.fault ?? "any"}`,
          promised.verdict === "kept",
        ]),
      ),
    )
  );
}

/** Promises that `less` keeps and the platform does not. */
function gained(platform: object, less: object): readonly string[] {
  const before = verdicts(platform);
  const after = verdicts(less);
  if (!before || !after) return [];
  return [...after].filter(([promise, isKept]) => isKept && before.get(promise) === false).map(([promise]) => promise);
}

const withStores = (platform: PlatformData, change: (store: object) => object): object => {
  const stores = "stores" in platform ? platform.stores : undefined;
  return {
    ...platform,
    ...(stores && { stores: Object.fromEntries(Object.entries(stores).map(([name, store]) => [name, change(store)])) }),
  };
};

const without = (value: object, key: string): object =>
  Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));

/** What a platform can lose without becoming another design: a cloud or a standby changes which products run it. */
const LESS: Readonly<Record<string, (platform: PlatformData) => object>> = {
  backups: (platform) => withStores(platform, (store) => without(store, "backups")),
  metrics: (platform) => ({ ...platform, observe: { metrics: "none" } }),
  "a person who is paged": (platform) => ({ ...platform, observe: without(platform.observe ?? {}, "routes") }),
};

describe("a promise", () => {
  it.each(Object.keys(LESS))("that is not kept is not kept without %s either", (name) => {
    const less = LESS[name];
    fc.assert(
      fc.property(platforms, (platform) => {
        expect(less && gained(platform, less(platform))).toEqual([]);
      }),
      { numRuns: runs(100) },
    );
  });
});
