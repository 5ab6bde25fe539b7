import type { Plan } from "../../plan/plan.js";
import type { VariantsByEnvironment } from "../environments/common.js";
import type { ValueName } from "./names.js";

/** A text that templates insert: a string in each environment, and the expression that gives it. */
export interface Token {
  readonly expression: string;
  readonly texts: readonly string[];
}

/** Parts of a text: what is written as it is, and expressions. */
export type TokenText = readonly (string | { readonly expression: string })[];

/** The namespace of the release comes first: it often contains the name of the environment. */
export function platformTokens(plans: readonly Plan[]): readonly Token[] {
  return [
    { expression: ".Release.Namespace", texts: plans.map(({ namespace }) => namespace) },
    { expression: ".Values.environment", texts: plans.map(({ environment }) => environment) },
  ];
}

export function valueExpression(name: ValueName): string {
  return `.Values.${name.join(".")}`;
}

/**
 * The one text with tokens that gives a field's value in every environment, or undefined: there is none, or a value is no string.
 * A token is used only where the values differ without it.
 */
export function tokenText(values: VariantsByEnvironment, tokens: readonly Token[]): TokenText | undefined {
  const first = [...values.keys()][0];
  if (first === undefined) return undefined;
  for (let count = 1; count <= tokens.length; count += 1) {
    const text = withTokens(values, tokens.slice(0, count));
    if (text !== undefined) return text;
  }
  return undefined;
}

function withTokens(values: VariantsByEnvironment, tokens: readonly Token[]): TokenText | undefined {
  let common: TokenText | undefined;
  for (const [environment, value] of values) {
    if (typeof value !== "string") return undefined;
    const text = tokens.reduce<TokenText>((parts, token) => insert(parts, token, environment), [value]);
    if (common !== undefined && JSON.stringify(common) !== JSON.stringify(text)) return undefined;
    common = text;
  }
  return common?.some((part) => typeof part !== "string") ? common : undefined;
}

function insert(parts: TokenText, { expression, texts }: Token, environment: number): TokenText {
  const text = texts[environment] ?? "";
  if (text === "") return parts;
  return parts
    .flatMap((part) => {
      if (typeof part !== "string") return [part];
      return part.split(text).flatMap((piece, index) => (index === 0 ? [piece] : [{ expression }, piece]));
    })
    .filter((part) => part !== "");
}
