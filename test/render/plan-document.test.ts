import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Plan } from "../../src/plan/plan.js";
import type { Measurement } from "../../src/promises/measurement.js";
import { promiseSheet } from "../../src/promises/sheet.js";
import { planDocument } from "../../src/render/plan-document.js";
import { targets } from "../../src/render/targets.js";
import { planOf } from "../support/check/findings.js";
import { blueprintPlans } from "../support/cluster/plans.js";
import { arbitraryPlan } from "../support/render/arbitrary-plan.js";

const deployed = (plan: Plan): Plan => JSON.parse(planDocument(plan).text);

/** The plan with the names of its files instead of their paths, as a deployed plan has them. */
const portable = (plan: Plan): Plan => ({
  ...plan,
  origins: Object.fromEntries(
    Object.entries(plan.origins).map(([path, origin]) => [
      path,
      { ...origin, file: origin.file.slice(origin.file.lastIndexOf("/") + 1) },
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

describe("a plan too large for a ConfigMap", () => {
  const services = (count: number) =>
    Array.from({ length: count }, (_, index) => `  s${index}: { image: "shop/s:1.0.0", port: 8080 }\n`).join("");

  it("is an error, because the API server would reject the object", () => {
    const plan = planOf(`platform: shop\nservices:\n  web: { modules: [gateway] }\n${services(1500)}`);
    expect(() => targets.kubernetes.render(plan)).toThrowError(
      expect.objectContaining({
        code: "render/config-map-too-large",
        exitCode: 2,
        message: expect.stringMatching(/the plan of shop has \d{7} bytes; a ConfigMap cannot exceed 1048576 bytes/),
      }),
    );
  });

  it("is rendered if no container mounts it", () => {
    const plan = planOf(`platform: shop\nservices:\n${services(1500)}`);
    expect(targets.kubernetes.render(plan).files.length).toBeGreaterThan(6000);
  });
});
