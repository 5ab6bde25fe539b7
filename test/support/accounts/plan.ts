import { makePlan, type Plan } from "../../../src/plan/index.js";
import { readPlatform } from "../../../src/platform-file/index.js";

/** The plan of a platform with one store: these modules read only its names. */
export function smallPlan(): Plan {
  const text = "platform: test\nstores:\n  database: { postgres: 17 }\n";
  const parsed = readPlatform({ file: "test.yaml", text });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.diagnostics));
  const planned = makePlan(parsed.platform);
  if (!planned.ok) throw new Error(JSON.stringify(planned.diagnostics));
  return planned.plan;
}
