import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Plan } from "../../src/plan/plan.js";
import type { Measurement } from "../../src/promises/measurement.js";
import { promiseSheet } from "../../src/promises/sheet.js";
import { contentHash } from "../../src/render/canonical.js";
import { manifests } from "../../src/render/kubernetes/index.js";
import { planDocument, planOfDocument } from "../../src/render/plan-document.js";
import { readPlanFile } from "../../src/runtime/kernel/plan-file.js";
import { planOf } from "../support/check/findings.js";
import { blueprintPlans } from "../support/cluster/plans.js";
import { arbitraryPlan } from "../support/render/arbitrary-plan.js";

const deployed = (plan: Plan): Plan => planOfDocument(JSON.parse(planDocument(plan).text));

/** The plan with the names of its files instead of positions, as a deployed plan has them. */
const portable = (plan: Plan): Plan => ({
  ...plan,
  origins: Object.fromEntries(
    Object.entries(plan.origins).map(([path, origin]) => [
      path,
      { ...origin, file: origin.file.slice(origin.file.lastIndexOf("/") + 1), line: 0, column: 0 },
    ]),
  ),
});

const json = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** One drill for each row of the sheet, as if every fault had been injected. */
const measured = (plan: Plan): readonly Measurement[] =>
  promiseSheet(plan, []).rows.map(({ fault, subject }, index) => ({
    fault,
    subject,
    rto: { kind: "measured", ms: 1000 + index },
    rpo: { kind: "measured", ms: 0 },
    at: 1,
    drill: `drill-${index}`,
  }));

describe("a deployed plan", () => {
  it.each([...blueprintPlans()])("has the same promise page as the full plan: %s", (_name, plan) => {
    for (const measurements of [[], measured(plan)])
      expect(json(promiseSheet(deployed(plan), measurements))).toEqual(
        json(promiseSheet(portable(plan), measurements)),
      );
  });

  it("has every field of the plan, and a subset of its origins", () => {
    fc.assert(
      fc.property(arbitraryPlan, (plan) => {
        const { origins, ...fields } = deployed(plan);
        const { origins: all, ...expected } = portable(plan);
        expect(fields).toEqual(json(expected));
        expect(all).toMatchObject(origins);
      }),
    );
  });

  it("has a line for each element", () => {
    const lines = (services: string) =>
      planDocument(planOf(`platform: shop\nservices:\n${services}`)).text.split("\n").length;
    expect(lines("  a: { modules: [gateway] }\n  b: { image: b, port: 80 }\n")).toBe(
      lines("  a: { modules: [gateway] }\n") + 1,
    );
  });
});

describe("a plan in a ConfigMap", () => {
  const services = (count: number) =>
    Array.from({ length: count }, (_, index) => `  s${index}: { image: "shop/s:1.0.0", port: 8080 }\n`).join("");
  const platform = (count: number) => `platform: shop\nservices:\n  web: { modules: [gateway] }\n${services(count)}`;
  const configMap = (plan: Plan) => {
    const found = manifests(plan).find(({ object }) => object.kind === "ConfigMap")?.object;
    if (found?.kind !== "ConfigMap") throw new Error("no ConfigMap");
    return found;
  };

  it("does not change with the layout and the comments of the platform file", () => {
    const text = platform(2);
    const commented = `# A comment.\n\n${text.replace("services:", "services: # and another")}`;
    expect(configMap(planOf(commented))).toEqual(configMap(planOf(text)));
    expect(configMap(planOf(text)).data?.["plan.json"]).not.toContain("origins");
  });

  it("is readable text for an ordinary platform", () => {
    expect(Object.keys(configMap(planOf(platform(100))).data ?? {})).toEqual(["plan.json"]);
  });

  it("is compressed for a thousand services, and read from the same path", async () => {
    const plan = planOf(platform(1000));
    const { data, binaryData } = configMap(plan);
    expect(data).toBeUndefined();
    const content = Buffer.from(binaryData?.["plan.json"] ?? "", "base64");
    expect(content.length).toBeLessThan(300_000);
    const folder = mkdtempSync(join(tmpdir(), "keelson-plan-"));
    const file = join(folder, "plan.json");
    writeFileSync(file, content);
    expect(json(await readPlanFile(file))).toEqual(json(deployed(plan)));
    rmSync(folder, { recursive: true });
  });

  it("is an error if it is too large even when compressed, because the API server would reject the object", () => {
    const plan = planOf(platform(3));
    // Text that does not compress: the hashes of its positions.
    const noise = Array.from({ length: 40_000 }, (_, index) => contentHash(String(index), 64)).join("");
    const large = { ...plan, units: plan.units.map((unit) => ({ ...unit, env: { NOISE: noise } })) };
    expect(() => manifests(large)).toThrowError(
      expect.objectContaining({ code: "render/config-map-too-large", exitCode: 2 }),
    );
  });

  it("is not rendered if no container mounts it", () => {
    const plan = planOf(`platform: shop\nservices:\n${services(10)}`);
    expect(manifests(plan).some(({ object }) => object.kind === "ConfigMap")).toBe(false);
  });
});
