import type { z } from "zod";

type Issue = z.core.$ZodIssue;

/** One error in a document received over HTTP, described for the client. */
export interface Violation {
  /** The path of the field in the notation of OpenAI's errors, `messages[0].role`; empty for the document itself. */
  readonly field: string;
  /** The expected and the given value, with the name of the field. */
  readonly message: string;
}

/** Every violation of a schema by `given`, in the schema's order; never empty for an invalid document. */
export function violationsOf(issues: readonly Issue[], given: unknown, documentName = "the body"): Violation[] {
  return issues.flatMap((issue) => resolveUnion(issue, [])).map((located) => describe(located, given, documentName));
}

/** The first violation, for an API whose errors name one field. */
export function firstViolation(issues: readonly Issue[], given: unknown): Violation {
  return violationsOf(issues, given)[0] ?? { field: "", message: "the body is invalid" };
}

interface Located {
  readonly issue: Issue;
  readonly path: readonly PropertyKey[];
}

/** A union has issues for each of its forms. The form that matches the document best gives the most specific message. */
function resolveUnion(issue: Issue, above: readonly PropertyKey[]): Located[] {
  const path = [...above, ...issue.path];
  if (issue.code !== "invalid_union") return [{ issue, path }];
  const matching = issue.errors.filter((form) => form.length > 0 && form.every((inner) => inner.path.length > 0));
  const [form] = matching.sort((a, b) => a.length - b.length);
  return form === undefined ? [{ issue, path }] : form.flatMap((inner) => resolveUnion(inner, path));
}

function describe({ issue, path }: Located, given: unknown, documentName: string): Violation {
  if (issue.code === "unrecognized_keys") {
    const [key = ""] = issue.keys;
    const names = issue.keys.map((each) => fieldName([...path, each]));
    const predicate = names.length === 1 ? "is not a known field" : "are not known fields";
    return { field: fieldName([...path, key]), message: `${names.join(", ")} ${predicate}` };
  }
  const { reached, value } = follow(given, path);
  const field = fieldName(reached);
  const subject = field === "" ? documentName : field;
  // Messages of our own schemas start in lower case; those of the library do not.
  if (/^[a-z]/.test(issue.message)) return { field, message: `${subject}: ${issue.message}` };
  const expected = expectation(issue);
  if (value === undefined) return { field, message: `${subject} is missing: it must be ${expected}` };
  return { field, message: `${subject} must be ${expected}, but ${shown(value)} was given` };
}

function expectation(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return KINDS[issue.expected] ?? issue.expected;
    case "invalid_value":
      return oneOf(issue.values);
    case "invalid_union":
      if ("options" in issue && issue.options !== undefined) return oneOf(issue.options);
      return [...new Set(issue.errors.flatMap((form) => form.map(expectation)))].join(" or ") || "of a known kind";
    case "too_small":
      return bound(issue.origin, issue.inclusive === false ? "more than" : "at least", issue.minimum);
    case "too_big":
      return bound(issue.origin, issue.inclusive === false ? "less than" : "at most", issue.maximum);
    case "not_multiple_of":
      return `a multiple of ${issue.divisor}`;
    case "invalid_format":
      return FORMATS[issue.format] ?? `in the format ${issue.format}`;
    default:
      return "a different value";
  }
}

function oneOf(values: readonly unknown[]): string {
  const all = values.map((value) => JSON.stringify(value)).join(", ");
  return values.length === 1 ? all : `one of ${all}`;
}

const KINDS: Readonly<Record<string, string>> = {
  object: "an object",
  record: "an object",
  array: "a list",
  string: "a string",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  null: "null",
  date: "a date",
};

const FORMATS: Readonly<Record<string, string>> = {
  datetime: "a date and time such as 2026-05-04T13:00:00Z",
  date: "a date such as 2026-05-04",
  email: "an e-mail address",
  url: "a URL such as https://host/path",
  uuid: "a UUID",
};

function bound(origin: string, word: string, limit: number | bigint): string {
  if (origin === "array") return `a list of ${word} ${limit}`;
  return origin === "string" ? `a string of ${word} ${limit} characters` : `${word} ${limit}`;
}

function fieldName(path: readonly PropertyKey[]): string {
  return path
    .map((step, index) => (typeof step === "number" ? `[${step}]` : `${index === 0 ? "" : "."}${short(String(step))}`))
    .join("");
}

/** The value at a path. The search ends at a string: a schema may split it (`a,b` in a query) into values of its own. */
function follow(given: unknown, path: readonly PropertyKey[]): { reached: readonly PropertyKey[]; value: unknown } {
  let value = given;
  for (const [index, step] of path.entries()) {
    if (typeof value === "string") return { reached: path.slice(0, index), value };
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) {
      return { reached: path, value: undefined };
    }
    value = Object.getOwnPropertyDescriptor(value, step)?.value;
  }
  return { reached: path, value };
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "object" && value !== null) return "an object";
  return typeof value === "string" ? JSON.stringify(short(value)) : String(value);
}

function short(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
