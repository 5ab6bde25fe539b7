import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { definePlatform } from "../../src/index.js";
import { makePlan, originOf } from "../../src/plan/index.js";
import { formatDiagnostic, readDefinition, readPlatform } from "../../src/platform-file/index.js";

const shop = definePlatform({
  platform: "shop",
  services: { web: { image: "shop/web:1.2", port: 80, calls: ["db"], replicas: "2..6", cpu: "500m..1" } },
  stores: { db: { postgres: 17, backups: { full: "daily keep 30d" } } },
  objectives: { rto: "1h", availability: "99.9%" },
  environments: { local: { stores: { db: { backups: null } } }, production: { cloud: "aws" } },
});

describe("definePlatform", () => {
  it("results in the same Plan as the YAML form", () => {
    const starter = readFileSync(new URL("../../blueprints/starter/platform.yaml", import.meta.url), "utf8");
    const fromText = readPlatform({ file: "platform", text: starter });
    const fromValue = readDefinition({ file: "platform", value: parse(starter) });
    expect(fromText.ok && fromValue.ok).toBe(true);
    if (!fromText.ok || !fromValue.ok) return;
    for (const environment of ["local", "development", "production"]) {
      const text = makePlan(fromText.platform, environment);
      const value = makePlan(fromValue.platform, environment);
      expect(text.ok && value.ok && { ...value.plan, origins: {} }).toEqual(text.ok && { ...text.plan, origins: {} });
    }
  });

  it("records the path and the environment of every value as its origin", () => {
    const parsed = readDefinition({ file: "platform.ts", value: shop.value });
    const planned = parsed.ok ? makePlan(parsed.platform, "production") : undefined;
    const plan = planned?.ok ? planned.plan : { origins: {} };
    expect(originOf(plan, "cloud")).toMatchObject({
      kind: "environment",
      environment: "production",
      line: 0,
    });
    expect(originOf(plan, "services.web.replicas")).toMatchObject({
      kind: "file",
      file: "platform.ts",
    });
  });

  it("reports the path of an error, because there is no line", () => {
    const parsed = readDefinition({ file: "platform.ts", value: { platform: "shop", objectives: { rpo: 5 } } });
    expect(parsed.diagnostics.map((diagnostic) => formatDiagnostic(diagnostic))).toEqual([
      "platform.ts at objectives.rpo error spec/unit `rpo`: `5` has no unit\n  hint: write 5s, 5m or 5h",
    ]);
  });
});
