import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { z } from "zod";
import { formatImage } from "../../src/plan/images.js";
import { planOf } from "../support/check/findings.js";

const { version } = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")));

it("the default image is that of this release", () => {
  const plan = planOf("platform: shop\nservices: { web: { modules: [gateway] } }\n");
  expect(formatImage(plan.image)).toBe(`ghcr.io/keelson/keelson:${version}`);
});
