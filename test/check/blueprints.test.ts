import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { check } from "../../src/check/check.js";
import { promiseSheet } from "../../src/promises/sheet.js";
import { findingsIn, planOf, plansOf } from "../support/check/findings.js";

const folder = new URL("../../blueprints/", import.meta.url);
const blueprints = readdirSync(folder).map(
  (name) => [name, readFileSync(new URL(`${name}/platform.yaml`, folder), "utf8")] as const,
);

describe.each(blueprints)("blueprint %s", (_name, text) => {
  it("has no error in any environment", () => {
    const errors = findingsIn(text).filter(({ severity }) => severity === "error");
    expect(errors.map(({ code, message, origin }) => `${origin.line} ${code} ${message}`)).toEqual([]);
  });

  it("keeps all its promises in every environment, availability included", () => {
    for (const plan of plansOf(text)) {
      const { rows, availability } = promiseSheet(plan, []);
      const unkept = [...rows, ...availability].filter(({ verdict }) => verdict === "broken" || verdict === "unknown");
      expect(unkept.map(({ subject, verdict }) => `${subject} ${verdict}`)).toEqual([]);
    }
  });
});

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
