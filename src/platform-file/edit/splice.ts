import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Pair,
  parseDocument,
  stringify,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import type { Segment } from "../path.js";
import { type Mapping, nearest } from "../tree.js";
import type { TextChange } from "./text-change.js";

/** Replaces the text of a key; undefined if there is none. */
export function renameKey(tree: Mapping, path: readonly Segment[], name: string): TextChange | undefined {
  const { key, exact } = nearest(tree, path);
  return exact ? { from: key.from, to: key.to, becomes: inline(name) } : undefined;
}

/** The text as a document whose nodes have their offsets. */
export function documentOf(text: string): Document.Parsed {
  return parseDocument(text, { keepSourceTokens: true, uniqueKeys: false });
}

/**
 * The change that sets or (with undefined) removes the value at a path, by the offsets of the text's document; undefined for a
 * removed value that is absent, and for forms that it cannot edit.
 */
export function splice(
  text: string,
  document: Document.Parsed,
  path: readonly Segment[],
  value: unknown,
): TextChange | undefined {
  let node: unknown = document.contents;
  for (const [depth, step] of path.entries()) {
    const rest = path.slice(depth + 1);
    const last = rest.length === 0;
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && (key.source ?? String(key.value)) === String(step));
      if (!pair) return value === undefined ? undefined : insertKey(text, node, String(step), nested(rest, value));
      if (last) return value === undefined ? removePair(text, node, pair) : replaceValue(text, pair, inline(value));
      if (isAlias(pair.value))
        return replaceValue(text, pair, `{ <<: *${pair.value.source}, ${body(nested(rest, value))} }`);
      if (!isMap(pair.value) && !isSeq(pair.value))
        return value === undefined ? undefined : replaceValue(text, pair, inline(nested(rest, value)));
      node = pair.value;
    } else if (isSeq(node)) {
      const item: unknown = node.items[Number(step)];
      if (last && isScalar(item) && item.range && value !== undefined)
        return { from: item.range[0], to: item.range[1], becomes: inline(value) };
      if (last && item === undefined && value !== undefined && Number(step) === node.items.length)
        return appendItem(node, value);
      if (last && value === undefined) return removeItem(text, node.items, Number(step), node.flow === true);
      node = item;
    } else break;
  }
  return undefined;
}

/** One more item of a list that is written in brackets. */
function appendItem({ flow, items, range }: YAMLSeq, value: unknown): TextChange | undefined {
  const [last] = rangesOf(items.slice(-1));
  const from = last === undefined ? range?.[0] : last?.[1];
  if (flow !== true || from === undefined) return undefined;
  return last === undefined
    ? { from: from + 1, to: from + 1, becomes: inline(value) }
    : { from, to: from, becomes: `, ${inline(value)}` };
}

/** `["full"], "daily"` → `{ full: "daily" }`. */
function nested(path: readonly Segment[], value: unknown): unknown {
  return [...path].reverse().reduce<unknown>((inner, step) => ({ [String(step)]: inner }), value);
}

/** A value on one line, in the form of a flow mapping. */
function inline(value: unknown): string {
  const options = { collectionStyle: "flow", lineWidth: 0, flowCollectionPadding: true } as const;
  // Some text needs quotes in a flow collection (`a, b`): as the only item of a list it gets them.
  if (typeof value === "string") return stringify([value], options).trim().replace(/^\[ ?/, "").replace(/ ?\]$/, "");
  return stringify(value, options).trim();
}

/** The inside of a flow mapping: `full: daily keep 7d`. */
function body(value: unknown): string {
  return inline(value).replace(/^\{ ?/, "").replace(/ ?\}$/, "");
}

function replaceValue(text: string, pair: Pair, replacement: string): TextChange {
  const { key, value } = pair;
  const keyEnd = isScalar(key) ? (key.range?.[1] ?? 0) : 0;
  const colon = text.indexOf(":", keyEnd) + 1;
  const range = isScalar(value) || isMap(value) || isSeq(value) || isAlias(value) ? value.range : undefined;
  const start = range?.[0] ?? colon;
  const end = Math.max(range?.[1] ?? colon, colon);
  // A block collection starts on the line below its key and ends with a line break, which remains.
  const block = (isMap(value) || isSeq(value)) && value.flow !== true;
  if (!block && start > colon) return { from: start, to: end, becomes: replacement };
  const contentEnd = text.slice(0, end).replace(/\s+$/, "").length;
  return { from: colon, to: block ? Math.max(contentEnd, colon) : colon, becomes: ` ${replacement}` };
}

function insertKey(text: string, map: YAMLMap, key: string, value: unknown): TextChange | undefined {
  const entry = `${body({ [key]: value })}`;
  const [start, end] = map.range ?? [0, 0];
  const lastPair = map.items.at(-1);
  if (map.flow === true) {
    if (!lastPair) return { from: start, to: end, becomes: `{ ${entry} }` };
    const after = endOf(lastPair);
    return { from: after, to: after, becomes: `, ${entry}` };
  }
  if (!lastPair) return undefined;
  const indent = " ".repeat(columnOf(text, startOf(map.items[0])));
  const lineEnd = endOfLine(text, endOf(lastPair));
  const carriage = text[lineEnd - 1] === "\r" ? "\r" : "";
  return { from: lineEnd, to: lineEnd, becomes: `\n${indent}${entry}${carriage}` };
}

function removePair(text: string, map: YAMLMap, pair: Pair): TextChange | undefined {
  if (map.flow === true) return removeFlow(map.items.map(startOf), map.items.map(endOf), map.items.indexOf(pair));
  if (map.items.length === 1) return undefined;
  return removeLines(text, startOf(pair), endOf(pair));
}

function removeItem(text: string, items: readonly unknown[], index: number, flow: boolean): TextChange | undefined {
  const ranges = rangesOf(items);
  const [start, end] = ranges[index] ?? [0, 0];
  if (flow)
    return removeFlow(
      ranges.map((range) => range?.[0] ?? 0),
      ranges.map((range) => range?.[1] ?? 0),
      index,
    );
  if (items.length === 1) return undefined;
  return removeLines(text, start, end);
}

function rangesOf(items: readonly unknown[]) {
  return items.map((item) => (isScalar(item) || isMap(item) || isSeq(item) || isAlias(item) ? item.range : undefined));
}

/** Removes one item of a flow collection with the comma before it, or after it for the first item. */
function removeFlow(starts: readonly number[], ends: readonly number[], index: number): TextChange {
  const from = index === 0 ? (starts[0] ?? 0) : (ends[index - 1] ?? 0);
  const to = index === 0 ? (starts[1] ?? ends[0] ?? 0) : (ends[index] ?? 0);
  return { from, to, becomes: "" };
}

function removeLines(text: string, start: number, end: number): TextChange {
  const from = text.lastIndexOf("\n", start - 1) + 1;
  const to = endOfLine(text, Math.max(start, text.slice(0, end).replace(/\s+$/, "").length));
  return { from, to: Math.min(to + 1, text.length), becomes: "" };
}

function startOf(pair: Pair | undefined): number {
  return isScalar(pair?.key) ? (pair.key.range?.[0] ?? 0) : 0;
}

/** End of a pair without the white space and comments after it. */
function endOf(pair: Pair): number {
  const { key, value } = pair;
  if (isMap(value) || isSeq(value)) {
    if (value.flow === true || value.items.length === 0) return value.range?.[1] ?? 0;
    const last: unknown = value.items.at(-1);
    if (isMap(value)) return endOf(value.items.at(-1) ?? pair);
    if (isMap(last) && last.flow !== true) return endOf(last.items.at(-1) ?? pair);
    return isScalar(last) || isMap(last) || isSeq(last) || isAlias(last) ? (last.range?.[1] ?? 0) : 0;
  }
  const range = isScalar(value) || isAlias(value) ? value.range : undefined;
  const end = Math.max(range?.[1] ?? 0, isScalar(key) ? (key.range?.[1] ?? 0) + 1 : 0);
  return end;
}

function endOfLine(text: string, from: number): number {
  const at = text.indexOf("\n", from);
  return at < 0 ? text.length : at;
}

function columnOf(text: string, at: number): number {
  return at - (text.lastIndexOf("\n", at - 1) + 1);
}
