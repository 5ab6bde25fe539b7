import type { ScopedEdit } from "../platform-file/diagnostic.js";
import { formatList } from "../platform-file/format.js";
import { parsePath } from "../platform-file/path.js";
import type { Finding, Place } from "./finding.js";

/**
 * One finding for each cause. Findings of one rule whose sentences differ only in the name of the element become one, which names
 * all of them (`each of accounts and usage`) and lists every place. Numbers are part of the sentence: an element with other numbers
 * has a finding of its own. In the order of the first place of each.
 */
export function byCause(findings: readonly Finding[]): readonly Finding[] {
  const candidates = findings.map((finding) => ({ finding, causes: possibleCauses(finding) }));
  const counts = new Map<string, number>();
  for (const { causes } of candidates) for (const { key } of causes) counts.set(key, (counts.get(key) ?? 0) + 1);
  const countOf = ({ key }: Cause): number => counts.get(key) ?? 0;
  const groups = new Map<string, { readonly cause: Cause; readonly findings: Finding[] }>();
  for (const { finding, causes } of candidates) {
    const cause = causes.reduce((best, each) => (countOf(each) > countOf(best) ? each : best));
    const group = groups.get(cause.key);
    if (group) group.findings.push(finding);
    else groups.set(cause.key, { cause, findings: [finding] });
  }
  return [...groups.values()].flatMap(({ cause, findings: [first, ...others] }) =>
    first === undefined ? [] : [others.length === 0 ? first : merged(cause, [first, ...others])],
  );
}

/** What a finding says without the name of its element. */
interface Cause {
  /** The sentence with `PLACEHOLDER` for the name. */
  readonly sentence: string;
  /** Of the sentence and everything else that findings of one cause have in common. */
  readonly key: string;
}

const PLACEHOLDER = "\u0000";

/** Of a word that occurs more often in its sentence, all occurrences are taken as the name. */
const MAX_OCCURRENCES = 4;

/**
 * A name may also be another word of its sentence (`a`, `cache`), so there is a cause for every way to take occurrences as the name,
 * all of them first. Sentences that agree without different names have one cause, whichever occurrences that takes.
 */
function possibleCauses(finding: Finding): readonly [Cause, ...Cause[]] {
  const { code, severity, safe, environments, message, fix } = finding;
  const causeOf = (sentence: string): Cause => ({
    sentence,
    key: JSON.stringify([code, severity, safe, fix !== undefined, environments, sentence]),
  });
  const name = elementName(finding);
  const parts = name === undefined ? [message] : message.split(wordOf(name));
  const all = causeOf(parts.join(PLACEHOLDER));
  const count = parts.length - 1;
  if (name === undefined || count < 2 || count > MAX_OCCURRENCES) return [all];
  const takings = Array.from({ length: 2 ** count - 2 }, (_, index) => index + 1);
  return [
    all,
    ...takings.map((taking) =>
      causeOf(parts.reduce((text, part, at) => text + ((taking >> (at - 1)) & 1 ? PLACEHOLDER : name) + part)),
    ),
  ];
}

/** The name of the element that a finding is about: the second step of its path. */
function elementName({ path }: Finding): string | undefined {
  const [, name] = parsePath(path ?? "");
  return typeof name === "string" ? name : undefined;
}

/** The name as a word of its own, and not as a part of a path, of code or of another name. */
function wordOf(name: string): RegExp {
  return new RegExp(`(?<![\\w.\`/-])${name.replaceAll(".", "\\.")}(?![\\w\`/-]|\\.\\w)`, "g");
}

function merged({ sentence }: Cause, group: readonly [Finding, ...Finding[]]): Finding {
  const [first, ...others] = group;
  const concerns = group.flatMap((finding) => finding.concerns ?? []);
  const fix = distinctEdits(group.flatMap((finding) => finding.fix ?? []));
  const hint = mergedHint(group);
  const { fix: _, hint: __, concerns: ___, ...same } = first;
  return {
    ...same,
    message: ofEach(sentence, namesOf(group)),
    alsoAt: others.map(({ origin, path }): Place => ({ origin, path })),
    ...(hint === undefined ? {} : { hint }),
    ...(concerns.length === 0 ? {} : { concerns }),
    ...(fix.length === 0 ? {} : { fix }),
  };
}

/** The advice; where it differs by more than the name, each with the names that it is for. */
function mergedHint(group: readonly [Finding, ...Finding[]]): string | undefined {
  const [{ hint: first }] = group;
  if (first === undefined || group.every(({ hint }) => hint === first)) return first;
  const byAdvice = new Map<string, Finding[]>();
  for (const finding of group) {
    const { hint = "" } = finding;
    const name = elementName(finding);
    const advice = name === undefined ? hint : hint.replaceAll(wordOf(name), PLACEHOLDER);
    byAdvice.set(advice, [...(byAdvice.get(advice) ?? []), finding]);
  }
  const advices = [...byAdvice].map(([advice, some]) => ({
    advice: ofEach(advice, namesOf(some)),
    names: namesOf(some),
  }));
  if (advices.length === 1) return advices[0]?.advice;
  return advices.map(({ advice, names }) => `${advice} (${list(names)})`).join("; ");
}

/** Names without repetition, in order. */
function namesOf(group: readonly Finding[]): readonly string[] {
  return [...new Set(group.flatMap((finding) => elementName(finding) ?? []))];
}

function ofEach(sentence: string, names: readonly string[]): string {
  const [before = "", ...rest] = sentence.split(PLACEHOLDER);
  const [after, ...later] = rest;
  const subject = names.length === 1 ? names.join() : `each of ${list(names)}`;
  return after === undefined
    ? before
    : `${before}${subject}${[after, ...later].join(names.length === 1 ? subject : "each")}`;
}

/** Beyond this number a list names no more: the places are in the finding. */
const MAX_NAMED = 12;

/** The names in a sentence. */
function list(names: readonly string[]): string {
  return formatList(
    names.length > MAX_NAMED ? [...names.slice(0, MAX_NAMED), `${names.length - MAX_NAMED} more`] : names,
  );
}

function distinctEdits(edits: readonly ScopedEdit[]): readonly ScopedEdit[] {
  return [...new Map(edits.map((edit) => [JSON.stringify(edit), edit])).values()];
}
