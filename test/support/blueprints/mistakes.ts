import { parse } from "yaml";
import { check } from "../../../src/check/check.js";
import type { Plan } from "../../../src/plan/plan.js";
import { promiseSheet } from "../../../src/promises/sheet.js";
import type { Rendering } from "../../../src/render/target.js";
import { isTargetName, targets } from "../../../src/render/targets.js";
import { readPage } from "./page.js";

/**
 * What a page claims about its platform file and is not so, by line. Column "platform file" contains paths of the file, column
 * "shown by" references of the forms in `showing`. A default has no path; what nothing shows is a gap.
 */
export function mistakesOf(page: string, platformFile: string, plans: readonly Plan[]): readonly string[] {
  const { rows, mistakes } = readPage(page);
  const file: unknown = parse(platformFile, { merge: true });
  const shown = showing(plans);
  return [
    ...mistakes,
    ...(rows.length === 0 ? ["the page has no table"] : []),
    ...rows.flatMap(({ line, document, paths, shownBy, gap }) =>
      [
        ...(document === "" ? ["the document's words are missing"] : []),
        ...(gap === "" ? ["the gap is empty: write none, or what is missing"] : []),
        ...(gap === "none" && shownBy.length === 0 ? ["a row without a gap names what shows it"] : []),
        ...paths.filter((path) => !contains(file, path.split("."))).map((path) => `the platform file has no ${path}`),
        ...shownBy.flatMap((reference) => shown(reference) ?? []),
      ].map((mistake) => `line ${line}: ${mistake}`),
    ),
  ];
}

/** Whether a value has a path. A key may contain dots (`outside.api.example.com`), and an element of a list has a number. */
function contains(value: unknown, path: readonly string[]): boolean {
  if (path.length === 0) return true;
  if (typeof value !== "object" || value === null) return false;
  const entries = new Map<string, unknown>(Object.entries(value));
  return path.some((_, index) => {
    const key = path.slice(0, index + 1).join(".");
    return entries.has(key) && contains(entries.get(key), path.slice(index + 1));
  });
}

type Shown = (reference: string) => string | undefined;

/** Whether something shows a reference in some environment; if not, the mistake. Everything is computed once, when a reference asks for it. */
function showing(plans: readonly Plan[]): Shown {
  const renderings = new Map<string, readonly Rendering[]>();
  const rendered = (name: string): readonly Rendering[] => {
    if (!isTargetName(name)) return [];
    const target = targets[name];
    const made =
      renderings.get(name) ?? (target.scope === "platform" ? [target.render(plans)] : plans.map(target.render));
    renderings.set(name, made);
    return made;
  };
  const sheets = plans.map((plan) => promiseSheet(plan, []));
  const findings = check(plans);
  const forms: Readonly<Record<string, (what: string) => boolean>> = {
    promises: (what) => sheets.some(({ rows }) => rows.some(({ fault, subject }) => `${fault}/${subject}` === what)),
    availability: (what) => sheets.some(({ availability }) => availability.some(({ subject }) => subject === what)),
    latency: (what) => sheets.some(({ latency }) => latency.some(({ subject }) => subject === what)),
    check: (what) => findings.some(({ code }) => code === what),
    note: (what) =>
      Object.keys(targets).some((name) => rendered(name).some(({ notes }) => notes.some(({ path }) => path === what))),
  };
  return (reference) => {
    const [, form = "", what = ""] = /^([a-z]+): (.+)$/.exec(reference) ?? [];
    const known = isTargetName(form) || forms[form] !== undefined;
    if (!known)
      return `\`${reference}\` is none of ${[...Object.keys(targets), ...Object.keys(forms)].map((name) => `${name}: …`).join(", ")}`;
    const found = isTargetName(form)
      ? rendered(form).some(({ files }) => files.some(({ path }) => path === what))
      : forms[form]?.(what);
    return found ? undefined : `no environment has \`${reference}\``;
  };
}
