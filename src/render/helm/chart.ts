import { formatImage } from "../../plan/images.js";
import type { Plan } from "../../plan/plan.js";
import { commonOf, type JsonPath, type VariantsByEnvironment } from "../environments/common.js";
import { isJsonMap, type Json, sameJson, textsIn } from "../environments/json.js";
import type { ObjectVariants } from "../environments/variants.js";
import { isPrintable, stringifyYaml } from "../yaml.js";
import { isIdentity, wantedHoles } from "./knobs.js";
import { type ValueName, ValueNames } from "./names.js";
import { type Filled, literal, templateText } from "./template.js";
import { platformTokens, type Token, type TokenText, tokenText, valueExpression } from "./tokens.js";
import type { ChartValue } from "./values.js";

/** The parts of a chart that depend on the objects. */
export interface Chart {
  readonly templates: readonly { readonly path: string; readonly text: string }[];
  readonly values: readonly ChartValue[];
  /** Long texts that differ between environments, such as configuration files, by name: each environment's, in a file of its own. */
  readonly texts: readonly LongText[];
}

export interface LongText {
  readonly name: string;
  readonly texts: ReadonlyMap<number, string>;
}

/** The chart whose templates give the objects of each environment with the values of that environment. */
export function chartOf(objects: readonly ObjectVariants[], plans: readonly Plan[]): Chart {
  const builder = new ChartBuilder(plans, objects);
  builder.nameObjects(objects);
  const paths = templatePaths(objects);
  const templates = objects.map((object, index) => ({ path: paths[index] ?? "", text: builder.template(object) }));
  return { templates, values: builder.values, texts: builder.texts };
}

class ChartBuilder {
  readonly values: ChartValue[] = [];
  readonly texts: LongText[] = [];
  readonly #names = new ValueNames();
  readonly #plans: readonly Plan[];
  readonly #tokens: readonly Token[];
  /** Expressions of names that differ between environments, by environment and name: other objects refer to them. */
  readonly #objectNames = new Map<string, string>();

  /** In which environments each element of the platform has objects. */
  readonly #elements: ReadonlyMap<string, readonly boolean[]>;
  readonly #elementConditions = new Map<string, string>();
  /** Undefined until an object has the image of the platform. */
  #imageName: ValueName | undefined;

  constructor(plans: readonly Plan[], objects: readonly ObjectVariants[]) {
    this.#plans = plans;
    const elements = new Map<string, ObjectVariants[]>();
    for (const object of objects) {
      const element = elementOf(object);
      const known = elements.get(element);
      if (known) known.push(object);
      else elements.set(element, [object]);
    }
    this.#elements = new Map([...elements].map(([element, of]) => [element, presenceOf(of)]));
    this.#tokens = platformTokens(plans);
    this.values.push({
      name: ["environment"],
      values: new Map(plans.map(({ environment }, index) => [index, environment])),
    });
  }

  /** Gives values to the names of objects that contain a hash of their content. */
  nameObjects(objects: readonly ObjectVariants[]): void {
    for (const object of objects) {
      const names = new Map<number, string>();
      for (const [environment, name] of variantsAt(object, ["metadata", "name"]))
        if (typeof name === "string") names.set(environment, name);
      if (new Set(names.values()).size < 2 || tokenText(names, this.#tokens) !== undefined) continue;
      const expression = this.#value(object, ["metadata", "name"], names);
      for (const [environment, name] of names) this.#objectNames.set(`${environment} ${name}`, expression);
    }
  }

  template(object: ObjectVariants): string {
    const values = new Map(
      object.objects.flatMap((each, index) => (each === undefined ? [] : [[index, each] as const])),
    );
    const common = commonOf(values, wantedHoles(object));
    const text = templateText(common, (path, at) => this.#fill(object, path, at));
    const condition = this.#condition(object);
    return condition === undefined ? text : `{{- if ${condition} }}\n${text}{{- end }}\n`;
  }

  /** The condition under which an object is rendered: undefined if every environment has it. */
  #condition(object: ObjectVariants): string | undefined {
    // The namespace usually exists before the release: Helm stores the release in it.
    if (object.kind === "Namespace") {
      const name = ["namespace", "create"];
      this.values.push({ name, values: new Map(this.#plans.map((_, index) => [index, false])) });
      return valueExpression(name);
    }
    const presence = presenceOf([object]);
    if (!presence.includes(false)) return undefined;
    const element = elementOf(object);
    const isOfElement = sameJson(presence, this.#elements.get(element) ?? []);
    const known = isOfElement ? this.#elementConditions.get(element) : undefined;
    if (known !== undefined) return known;
    const name = isOfElement ? this.#names.ofElement(object) : this.#names.ofPresence(object);
    this.values.push({ name, values: new Map(presence.map((each, index) => [index, each])) });
    if (isOfElement) this.#elementConditions.set(element, valueExpression(name));
    return valueExpression(name);
  }

  #fill(object: ObjectVariants, path: JsonPath, values: VariantsByEnvironment): Filled {
    const text = tokenText(values, this.#tokens) ?? (isIdentity(path) ? sameText(values) : undefined);
    if (text !== undefined) return { filling: { kind: "scalar", text: quotedText(text) }, condition: undefined };
    const scalar = (expression: string): Filled => ({
      filling: { kind: "scalar", text: `{{ ${expression} | quote }}` },
      condition: undefined,
    });
    const reference = this.#reference(values);
    if (reference !== undefined) return scalar(reference);
    const long = this.#longText(object, path, values);
    if (long !== undefined) return scalar(long);
    if (this.#isPlatformImage(path, values)) return scalar(this.#platformImage());
    if ([...values.values()].some((value) => value !== undefined && !canBeValue(value))) return this.#cases(values);
    return filledBy(this.#value(object, path, values), values);
  }

  #value(object: ObjectVariants, path: JsonPath, values: VariantsByEnvironment): string {
    const name = this.#names.ofHole(object, path);
    this.values.push({ name, values });
    return valueExpression(name);
  }

  #cases(values: VariantsByEnvironment): Filled {
    const cases = [...values].flatMap(([environment, value]) =>
      value === undefined ? [] : [{ environment: this.#plans[environment]?.environment ?? "", value }],
    );
    return { filling: { kind: "cases", cases }, condition: undefined };
  }

  /** The expression of the object's name that the field has in every environment. */
  #reference(values: VariantsByEnvironment): string | undefined {
    const expressions = new Set(
      [...values].map(([environment, value]) => this.#objectNames.get(`${environment} ${String(value)}`)),
    );
    const [expression] = expressions;
    return expressions.size === 1 ? expression : undefined;
  }

  /** Configuration files are in a file of the chart for each environment, because values are no place for them. */
  #longText(object: ObjectVariants, path: JsonPath, values: VariantsByEnvironment): string | undefined {
    if (object.kind !== "ConfigMap") return undefined;
    const texts = new Map<number, string>();
    for (const [environment, value] of values) if (typeof value === "string") texts.set(environment, value);
    if (texts.size < values.size || ![...texts.values()].some((text) => text.includes("\n"))) return undefined;
    const name = `${object.file}/${String(path.at(-1))}`;
    this.texts.push({ name, texts });
    return `index (.Files.Get (printf "files/%s.yaml" .Values.environment) | fromYaml) ${JSON.stringify(name)}`;
  }

  /** All units that run Keelson's modules have one image. */
  #isPlatformImage(path: JsonPath, values: VariantsByEnvironment): boolean {
    return path.at(-1) === "image" && [...values].every(([environment, value]) => value === this.#imageOf(environment));
  }

  #imageOf(environment: number): string | undefined {
    const plan = this.#plans[environment];
    return plan && formatImage(plan.image);
  }

  #platformImage(): string {
    if (this.#imageName === undefined) {
      this.#imageName = ["image"];
      const values = new Map(this.#plans.map(({ image }, index) => [index, formatImage(image)]));
      this.values.push({ name: this.#imageName, values });
    }
    return valueExpression(this.#imageName);
  }
}

/** The folder of an object: that of the element that it belongs to. */
function elementOf({ file }: ObjectVariants): string {
  return file.split("/")[0] ?? "";
}

/** In which environments one of the objects exists. */
function presenceOf(objects: readonly ObjectVariants[]): readonly boolean[] {
  const [first] = objects;
  return (first?.objects ?? []).map((_, environment) =>
    objects.some((object) => object.objects[environment] !== undefined),
  );
}

/** The text of a field that has the same in every environment. */
function sameText(values: VariantsByEnvironment): TokenText | undefined {
  const [first, ...others] = new Set(values.values());
  return typeof first === "string" && others.length === 0 ? [first] : undefined;
}

function variantsAt({ objects }: ObjectVariants, [first, second]: readonly [string, string]): VariantsByEnvironment {
  return new Map(
    objects.flatMap((object, environment) => {
      const map = object?.[first];
      return isJsonMap(map) ? [[environment, map[second]] as const] : [];
    }),
  );
}

/** Helm's `toYaml` writes line breaks of Unicode as they are, and readers of its output fold them; `quote` escapes them. */
function canBeValue(value: Json): boolean {
  return typeof value !== "object" || value === null || textsIn(value).every(isPrintable);
}

/** How a value is written: scalars by their type, maps and lists as YAML, and nothing where the value is null. */
function filledBy(expression: string, values: VariantsByEnvironment): Filled {
  const present = [...values.values()].filter((value) => value !== undefined);
  const isOptional = present.length < values.size || values.size === 0;
  const canBeFalsy = present.some(isFalsy);
  const isBlock = present.length === 0 || present.some((value) => typeof value === "object" && value !== null);
  const condition = !isOptional
    ? undefined
    : canBeFalsy
      ? `if not (kindIs "invalid" ${expression})`
      : `with ${expression}`;
  const inner = isOptional && !canBeFalsy ? "." : expression;
  if (isBlock) return { filling: { kind: "block", expression: inner }, condition };
  const isText = present.every((value) => typeof value === "string");
  const isInteger = present.every((value) => Number.isSafeInteger(value));
  const action = isText ? `${inner} | quote` : isInteger ? `${inner} | int64` : `${inner} | toJson`;
  return { filling: { kind: "scalar", text: `{{ ${action} }}` }, condition };
}

/** What templates may treat as false: `with` would omit it. Every number and truth value has a false one that a user can set. */
function isFalsy(value: Json): boolean {
  if (typeof value !== "object" || value === null) return typeof value !== "string" || value === "";
  return Object.keys(value).length === 0;
}

function quotedText(text: TokenText): string {
  const [only, ...others] = text;
  if (typeof only === "string" && others.length === 0) return literal(stringifyYaml(only).trimEnd());
  if (typeof only === "object" && others.length === 0) return `{{ ${only.expression} | quote }}`;
  const parts = text.map((part) =>
    typeof part === "string" ? literal(JSON.stringify(part).slice(1, -1)) : `{{ ${part.expression} }}`,
  );
  return `"${parts.join("")}"`;
}

/** One template per object. Objects of different kinds with one file name, in different environments, get the kind in their names. */
function templatePaths(objects: readonly ObjectVariants[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { file } of objects) counts.set(file, (counts.get(file) ?? 0) + 1);
  return objects.map(({ file, kind }) => {
    const name = (counts.get(file) ?? 0) > 1 ? `${file}-${kind.toLowerCase()}` : file;
    return `templates/${name}.yaml`;
  });
}
