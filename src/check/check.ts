import { originOf } from "../plan/origin.js";
import type { Origin, Path, Plan } from "../plan/plan.js";
import type { ScopedEdit } from "../platform-file/diagnostic.js";
import { type Edit, sortDiagnostics } from "../platform-file/diagnostic.js";
import { parentPath } from "../platform-file/path.js";
import { CheckContext } from "./context.js";
import type { Finding } from "./finding.js";
import type { Found, Rule } from "./rule.js";
import { rules as catalogue } from "./rules/index.js";

/**
 * The findings of all rules in these plans (the environments of one file), sorted by place, then code. A finding that
 * several environments share is reported once, with their names. `today` is a date, `YYYY-MM-DD`, for the rules about ends of life;
 * without it they report nothing. With `only`, the findings of that environment: an edit of a value that is declared nowhere is then
 * one of the environment and not of the base, if there are others.
 */
export function check(
  plans: readonly Plan[],
  rules: readonly Rule[] = catalogue,
  today?: string,
  only?: string,
): readonly Finding[] {
  const drafts = new Map<string, Draft>();
  const contexts: CheckContext[] = [];
  for (const plan of plans) contexts.push(new CheckContext(plan, plans, today, contexts));
  for (const context of contexts) {
    if (only !== undefined && context.plan.environment !== only) continue;
    for (const draft of draftsOf(context, rules)) {
      const { origin, code, message } = draft;
      const key = JSON.stringify([origin.file, origin.line, origin.column, code, message]);
      const same = drafts.get(key);
      drafts.set(key, same ? mergeFindings(same, draft) : draft);
    }
  }
  return sortDiagnostics([...drafts.values()].map((draft) => resolveEdits(draft, plans.length)));
}

/** A finding before it is known whether every environment has it, which decides where some of its edits belong. */
type Draft = Omit<Finding, "fix"> & { readonly edits: readonly DraftEdit[] };
type DraftEdit = Edit & { readonly scope: EditScope };

/** The environment whose overrides an edit changes (undefined: the base); `unresolved`: the environments that have the finding. */
type EditScope = { readonly environment: string | undefined } | "unresolved";

function draftsOf(context: CheckContext, rules: readonly Rule[]): readonly Draft[] {
  const drafts: Draft[] = [];
  for (const rule of rules) rule.check(context, (at, found) => drafts.push(draftOf(context.plan, rule, at, found)));
  return drafts;
}

function draftOf(plan: Plan, rule: Rule, at: Path, { why, advice, fix, severity, concerns }: Found): Draft {
  return {
    code: rule.code,
    severity: severity ?? rule.severity,
    message: why,
    origin: declaredOrigin(plan, at),
    path: at,
    hint: advice,
    environments: [plan.environment],
    ...(concerns === undefined ? {} : { concerns }),
    safe: fix?.safe ?? false,
    edits: (fix?.edits ?? []).map((edit) => ({ ...edit, scope: editScope(plan, edit) })),
  };
}

/** The place of a path in the file. A path without any declared parent is placed at the platform's name. */
function declaredOrigin(plan: Plan, path: Path): Origin {
  const origin = originOf(plan, path);
  return origin.file === "" ? originOf(plan, "platform") : origin;
}

/** A value is edited where it is declared. A value that is declared nowhere is added beside its nearest declared parent. */
function editScope(plan: Plan, edit: Edit): EditScope {
  const own = plan.origins[edit.path];
  if (own?.kind === "file") return { environment: undefined };
  for (let path: string | undefined = edit.path; path !== undefined && path !== ""; path = parentPath(path)) {
    const origin = plan.origins[path];
    if (origin?.kind === "environment") return { environment: origin.environment };
    if (origin?.kind === "file") break;
  }
  return "unresolved";
}

/** The same finding of two environments: with the worse severity of the two, and safe only if it is safe in both. */
function mergeFindings(a: Draft, b: Draft): Draft {
  const severity = (["error", "warning", "note"] as const).find((each) => each === a.severity || each === b.severity);
  return {
    ...a,
    severity: severity ?? a.severity,
    safe: a.safe && b.safe,
    environments: [...a.environments, ...b.environments],
  };
}

/** An unresolved edit changes the base if every environment has the finding, otherwise each environment that has it. */
function resolveEdits({ edits, ...finding }: Draft, environmentCount: number): Finding {
  if (edits.length === 0) return finding;
  const inAll = finding.environments.length === environmentCount;
  const fix = edits.flatMap(({ scope, ...edit }): readonly ScopedEdit[] => {
    if (scope !== "unresolved") return [{ ...edit, environment: scope.environment }];
    return (inAll ? [undefined] : finding.environments).map((environment) => ({ ...edit, environment }));
  });
  return { ...finding, fix };
}
