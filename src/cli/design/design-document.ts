import { check } from "../../check/check.js";
import type { Finding } from "../../check/finding.js";
import { byCause } from "../../check/same-cause.js";
import { verifyFixes, withEdits } from "../../check/verify-fixes.js";
import type { Design, DesignComparison, DesignFinding, DesignValue } from "../../contracts/design.js";
import type { Plan } from "../../plan/plan.js";
import { comparePlatforms } from "../../promises/comparison/comparison.js";
import { grouped, sizeDifferences, summaryOf } from "../../promises/comparison/format.js";
import { unifiedDiff } from "../../render/unified-diff.js";
import { type Loaded, planOf } from "../platform/load.js";
import { plansIn } from "./edited-plans.js";
import { type Explained, explanations } from "./plan-explain.js";

/**
 * How much text is parsed for the differences of a document, in characters. Each difference parses the file, and one that has
 * hundreds of components also has hundreds of findings: their product would stop the process for minutes.
 */
const MAX_PARSED_CHARACTERS = 500_000;

/** The platform file of a running platform, for the dashboard. Of a large file only the first fixes are shown as differences. */
export function designDocument(loaded: Loaded, plan: Plan, today: string): Design {
  const { file, text, platform } = loaded;
  const found = check([plan], undefined, today);
  const findings = byCause(text === undefined ? found : verifyFixes(text, found, (edited) => plansIn(file, edited)));
  return {
    file,
    environment: plan.environment,
    ...(text === undefined ? {} : { text }),
    findings: findings.map((finding, index) =>
      findingOf(finding, loaded, (index + 1) * (text?.length ?? 0) <= MAX_PARSED_CHARACTERS),
    ),
    values: explanations(plan, platform.environments.get(plan.environment), "").map(valueFrom),
  };
}

function findingOf(
  finding: Finding,
  { file, text }: Pick<Loaded, "file" | "text">,
  showsDifference: boolean,
): DesignFinding {
  const { code, severity, message, hint, origin, alsoAt = [], fix, safe } = finding;
  const fixed = text === undefined || fix === undefined || !showsDifference ? undefined : withEdits(text, fix);
  return {
    ...{ code, severity, message, at: placeOf(origin), safe },
    ...(alsoAt.length === 0 ? {} : { alsoAt: alsoAt.map((each) => placeOf(each.origin)) }),
    ...(hint === undefined ? {} : { hint }),
    ...(text === undefined || fixed === undefined ? {} : { diff: unifiedDiff(file, text, fixed) }),
  };
}

function valueFrom({ path, value, origin }: Explained): DesignValue {
  return {
    path,
    ...(value === undefined ? {} : { value }),
    at: placeOf(origin),
    ...(origin.kind === "environment" ? { environment: origin.environment } : {}),
    ...(origin.kind === "default" ? { why: origin.why } : {}),
  };
}

function placeOf({ file, line, column }: DesignFinding["at"]): DesignFinding["at"] {
  return { file, line, column };
}

/** What differs between two versions in one environment. A version without it promises nothing there. */
export function designComparison(before: Loaded, after: Loaded, environment: string): DesignComparison {
  const plansOfIt = (version: Loaded) =>
    version.platform.environments.has(environment) ? [planOf(version, environment)] : [];
  const environments = comparePlatforms(plansOfIt(before), plansOfIt(after));
  return {
    before: before.file,
    after: after.file,
    summary: summaryOf(environments),
    changes: environments.flatMap(({ changes }) => grouped(changes)),
    sizes: environments.flatMap(sizeDifferences),
  };
}
