import { type Common, instanceOf, type JsonPath, type VariantsByEnvironment } from "../environments/common.js";
import { type Json, type JsonMap, textsIn } from "../environments/json.js";
import { stringifyYaml } from "../yaml.js";

/** What a template writes in place of a hole. */
export type Filling =
  /** A scalar, as a template action or quoted text with actions. */
  | { readonly kind: "scalar"; readonly text: string }
  /** A map or list, by the expression of its value. */
  | { readonly kind: "block"; readonly expression: string }
  /** A map or list with characters that `toYaml` does not escape: written out for each environment that has one. */
  | { readonly kind: "cases"; readonly cases: readonly Case[] };

export interface Case {
  readonly environment: string;
  readonly value: Json;
}

export interface Filled {
  readonly filling: Filling;
  /** The condition under which the field is written, or undefined if it always is. */
  readonly condition: string | undefined;
}

/** What is written for a hole. */
export type Fill = (path: JsonPath, values: VariantsByEnvironment) => Filled;

/** The text of a template of one object: YAML with an action of Go's text/template for every hole. */
export function templateText(common: Common, fill: Fill): string {
  const fillings: Filled[] = [];
  const prefix = unusedWord(common);
  const skeleton = skeletonOf(withFirstFields(common), (path, values) => {
    fillings.push(fill(path, values));
    return `${prefix}${fillings.length - 1}x`;
  });
  const placeholder = new RegExp(`${prefix}([0-9]+)x$`);
  return literal(stringifyYaml(skeleton))
    .split("\n")
    .flatMap((line) => {
      const match = placeholder.exec(line);
      const filled = match ? fillings[Number(match[1])] : undefined;
      return match && filled ? filledLines(line.slice(0, match.index), filled) : [line];
    })
    .join("\n");
}

/** Text that a template writes as it is. */
export function literal(text: string): string {
  return text.replaceAll("{{", '{{ "{{" }}');
}

/** Lines of a field that starts with `lead`: indentation, dashes of lists, key and colon. */
function filledLines(lead: string, { filling, condition }: Filled): readonly string[] {
  const indent = /^ *(?:- )*/.exec(lead)?.[0].length ?? 0;
  const own = `${" ".repeat(indent)}`;
  if (filling.kind === "cases") return caseLines(lead, own, filling.cases);
  const lines =
    filling.kind === "scalar"
      ? [`${lead}${filling.text}`]
      : [lead.trimEnd(), `${own}  {{- toYaml ${filling.expression} | nindent ${indent + 2} }}`];
  return condition === undefined ? lines : [`${own}{{- ${condition} }}`, ...lines, `${own}{{- end }}`];
}

function caseLines(lead: string, own: string, cases: readonly Case[]): readonly string[] {
  const lines = cases.flatMap(({ environment, value }, index) => {
    const yaml = literal(stringifyYaml(value)).trimEnd().split("\n");
    return [
      `${own}{{- ${index === 0 ? "if" : "else if"} eq .Values.environment ${JSON.stringify(environment)} }}`,
      lead.trimEnd(),
      ...yaml.map((line) => `${own}  ${line}`),
    ];
  });
  return cases.length === 0 ? [] : [...lines, `${own}{{- end }}`];
}

/**
 * A condition cannot stand between a dash and a key, and a map whose fields are all omitted is no map: the first field of a map in a list is
 * one that every environment has, and a map without such a field is a hole as a whole.
 */
function withFirstFields(common: Common, path: JsonPath = []): Common {
  if (common.kind === "list")
    return { kind: "list", items: common.items.map((item, index) => withFirstFields(item, [...path, index])) };
  if (common.kind !== "map") return common;
  const fields = common.fields.map(([key, field]) => [key, withFirstFields(field, [...path, key])] as const);
  const first = fields.findIndex(([, field]) => isAlwaysPresent(field));
  const inList = typeof path.at(-1) === "number";
  const [always] = fields.slice(first, first + 1);
  if (first < 0 || always === undefined) return { kind: "hole", path, values: instancesOf(common) };
  return { kind: "map", fields: inList ? [always, ...fields.filter((each) => each !== always)] : fields };
}

function isAlwaysPresent(common: Common): boolean {
  return common.kind !== "hole" || [...common.values.values()].every((value) => value !== undefined);
}

function instancesOf(common: Common): VariantsByEnvironment {
  const environments = new Set<number>();
  const collect = (part: Common): void => {
    if (part.kind === "hole") for (const environment of part.values.keys()) environments.add(environment);
    if (part.kind === "map") for (const [, field] of part.fields) collect(field);
    if (part.kind === "list") part.items.forEach(collect);
  };
  collect(common);
  return new Map([...environments].map((environment) => [environment, instanceOf(common, environment)]));
}

function skeletonOf(common: Common, hole: (path: JsonPath, values: VariantsByEnvironment) => string): Json {
  switch (common.kind) {
    case "same":
      return common.value;
    case "hole":
      return hole(common.path, common.values);
    case "list":
      return common.items.map((item) => skeletonOf(item, hole));
    case "map":
      return Object.fromEntries(common.fields.map(([key, field]) => [key, skeletonOf(field, hole)])) satisfies JsonMap;
  }
}

/** A word that no text of the object contains. */
function unusedWord(common: Common): string {
  const texts = textsOf(common).join("\n");
  let word = "HOLE";
  while (texts.includes(word)) word += "E";
  return word;
}

function textsOf(common: Common): readonly string[] {
  switch (common.kind) {
    case "hole":
      return [];
    case "same":
      return textsIn(common.value);
    case "list":
      return common.items.flatMap(textsOf);
    case "map":
      return common.fields.flatMap(([key, field]) => [key, ...textsOf(field)]);
  }
}
