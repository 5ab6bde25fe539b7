import { describe, expect, it } from "vitest";
import { originOf } from "../../src/plan/index.js";
import { type TargetName, targets } from "../../src/render/targets.js";
import { planOf } from "../check/findings.js";

const backups = (stores: string, target: TargetName = "kubernetes"): readonly string[] => {
  const plan = planOf(`platform: shop\ncloud: aws\nprovide: in-cluster\nstores:\n${stores}`);
  return targets[target].render(plan).notes.flatMap(({ path, message }) => {
    expect(originOf(plan, path).line).toBeGreaterThan(0);
    return message.includes("backups of") ? [message] : [];
  });
};

describe("a note on where backups go", () => {
  const away = "  away: { bucket: true, provide: managed }\n";

  it.each([
    ["a cache in the cluster", "{ redis: 7, backups: { snapshot: 12h keep 7d, to: away } }"],
    ["a lone database in the cluster", "{ postgres: 17, standby: none, backups: { full: daily keep 7d, to: away } }"],
  ])("says of %s what no plan, promise or check counts on: the bucket stays empty", (_of, store) => {
    expect(backups(`  held: ${store}\n${away}`)).toContain(
      "backups of held go to a volume of the cluster; copying them to away is left to you",
    );
  });

  it("says of a managed store who takes them and what to ask for", () => {
    expect(
      backups(
        `  held: { postgres: 17, provide: managed, backups: { full: daily keep 7d, log: 5m, to: away } }\n${away}`,
      ),
    ).toEqual([
      "backups of held are taken by Amazon RDS: ask it for full daily keep 7d, log 5m keep 7d; copying them to away is left to you",
    ]);
  });

  it("says nothing where an operator sends them to the bucket, and which buckets it leaves out", () => {
    const operated = (to: string): string =>
      `  held: { postgres: 17, standby: same-zone, backups: { full: daily keep 7d, to: ${to} } }\n${away}  far: { bucket: true }\n`;
    expect(backups(operated("away"))).toEqual([]);
    expect(backups(operated("[away, far]"))).toEqual([
      "backups of held go to one bucket; copying them to far is left to you",
    ]);
  });

  it("says of Compose that none are written", () => {
    expect(backups("  held: { redis: 7, backups: { snapshot: 12h keep 7d } }\n", "compose")).toEqual([
      "backups of held are not written by this target",
    ]);
  });
});
