import { originOf } from "../plan/origin.js";
import type { Origin, Path, Plan } from "../plan/plan.js";
import { type Edit, sortDiagnostics } from "../platform-file/diagnostic.js";
import { parentPath } from "../platform-file/path.js";
import { promiseSheet } from "../promises/sheet.js";
import type { Finding, PlacedEdit } from "./finding.js";
import type { Rule } from "./rule.js";
import { rules as catalogue } from "./rules/index.js";

/**
 * Everything that the rules find in these plans (the environments of one file). A finding that several environments
 * share is said once and names them. Sorted by place, then code: the same plans always read the same.
 */
export function check(plans: readonly Plan[], rules: readonly Rule[] = catalogue): readonly Finding[] {
  const drafts = new Map<string, Draft>();
  for (const plan of plans) {
    for (const draft of draftsOf(plan, rules)) {
      const { origin, code, message } = draft;
      const key = JSON.stringify([origin.file, origin.line, origin.column, code, message]);
      const seen = drafts.get(key);
      drafts.set(key, seen ? together(seen, draft) : draft);
    }
  }
  return sortDiagnostics([...drafts.values()].map((draft) => settled(draft, plans.length)));
}

/** A finding whose edits do not all know yet whether they belong in the base or under an environment. */
type Draft = Omit<Finding, "fix"> & { readonly edits: readonly UnsettledEdit[] };
type UnsettledEdit = Edit & { readonly belongs: { readonly environment: string | undefined } | "where it was found" };

/** One finding of two environments is as bad as in the worse of them, and as safe to mend as in both. */
function together(a: Draft, b: Draft): Draft {
  const severity = (["error", "warning", "note"] as const).find((each) => each === a.severity || each === b.severity);
  return {
    ...a,
    severity: severity ?? a.severity,
    safe: a.safe && b.safe,
    environments: [...a.environments, ...b.environments],
  };
}

function draftsOf(plan: Plan, rules: readonly Rule[]): readonly Draft[] {
  const sheet = promiseSheet(plan, []);
  const drafts: Draft[] = [];
  for (const rule of rules) {
    rule.check(
      plan,
      (at, { why, advice, fix, severity, concerns }) => {
        drafts.push({
          code: rule.code,
          severity: severity ?? rule.severity,
          message: why,
          origin: placeOf(plan, at),
          path: at,
          hint: advice,
          environments: [plan.environment],
          ...(concerns === undefined ? {} : { concerns }),
          safe: fix?.safe ?? false,
          edits: (fix?.edits ?? []).map((edit) => ({ ...edit, belongs: belongs(plan, edit) })),
        });
      },
      sheet,
    );
  }
  return drafts;
}

/** A place in the file in any case: what stands nowhere, nor anything above it, is found at the platform's name. */
function placeOf(plan: Plan, path: Path): Origin {
  const origin = originOf(plan, path);
  return origin.file === "" ? originOf(plan, "platform") : origin;
}

/** Where a value is written decides where it is edited; what is written nowhere goes beside its nearest written parent. */
function belongs(plan: Plan, edit: Edit): UnsettledEdit["belongs"] {
  const own = plan.origins[edit.path];
  if (own?.kind === "file") return { environment: undefined };
  for (let path: string | undefined = edit.path; path !== undefined && path !== ""; path = parentPath(path)) {
    const origin = plan.origins[path];
    if (origin?.kind === "environment") return { environment: origin.environment };
    if (origin?.kind === "file") break;
  }
  return "where it was found";
}

function settled({ edits, ...finding }: Draft, environmentsInAll: number): Finding {
  if (edits.length === 0) return finding;
  const inAll = finding.environments.length === environmentsInAll;
  const fix = edits.flatMap(({ belongs, ...edit }): readonly PlacedEdit[] => {
    if (belongs !== "where it was found") return [{ ...edit, environment: belongs.environment }];
    return (inAll ? [undefined] : finding.environments).map((environment) => ({ ...edit, environment }));
  });
  return { ...finding, fix };
}
