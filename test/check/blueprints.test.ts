import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { check } from "../../src/check/check.js";
import type { Plan } from "../../src/plan/index.js";
import { promiseSheet } from "../../src/promises/sheet.js";
import { planOf, plansOf, TODAY } from "../support/check/findings.js";

const folder = new URL("../../blueprints/", import.meta.url);
const blueprints = readdirSync(folder).map(
  (name) => [name, readFileSync(new URL(`${name}/platform.yaml`, folder), "utf8")] as const,
);

/** An architecture as its document writes it, with what it promises and cannot keep. */
const AS_DOCUMENTED = "as-documented";

describe.each(blueprints)("blueprint %s", (_name, text) => {
  const plans = plansOf(text);
  const kept = plans.filter(({ environment }) => environment !== AS_DOCUMENTED);

  it("has no error in any environment, except as its document writes it", () => {
    expect(errorsOf(kept)).toEqual([]);
    for (const plan of plans) if (!kept.includes(plan)) expect(errorsOf([plan])).not.toEqual([]);
  });

  it("keeps all its promises in every other environment, availability included", () => {
    for (const plan of kept) {
      const { rows, availability } = promiseSheet(plan, []);
      const unkept = [...rows, ...availability].filter(({ verdict }) => verdict === "broken" || verdict === "unknown");
      expect(unkept.map(({ subject, verdict }) => `${subject} ${verdict}`)).toEqual([]);
    }
  });
});

function errorsOf(plans: readonly Plan[]): readonly string[] {
  const errors = check(plans, undefined, TODAY).filter(({ severity }) => severity === "error");
  return errors.map(({ code, message, origin }) => `${origin.line} ${code} ${message}`);
}

describe("the promises of an existing architecture", () => {
  it("daily backups miss an RPO of 24 hours by the duration of a backup", () => {
    const aiaas = blueprints.find(([name]) => name === "aiaas")?.[1] ?? "";
    const documented = aiaas.replaceAll(", log: 5m keep 7d", "");
    const sheet = promiseSheet(planOf(documented, "production"), []);
    const lost = sheet.rows.filter(({ fault, rpo }) => fault === "database-loss" && rpo.verdict === "broken");
    expect(lost.map(({ subject }) => subject)).toEqual(["users-db", "analytics-db"]);
    const found = check([planOf(documented, "production")]).filter(({ code }) => code === "recovery/rpo-interval");
    expect(found.map(({ path }) => path)).toEqual(["stores.users-db.backups.full", "stores.analytics-db.backups.full"]);
  });
});
