import { parseExactly, stringifyExactly } from "../../kernel/exact-json.js";
import { errorIn, failureOf, isObject, notAnAnswer, type ResponseFailure, statedIn } from "../failure.js";
import { scanObject } from "../json-scan.js";
import { OPERATIONS, type OperationName } from "../operations.js";

const SHOWN_CHARACTERS = 200;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
/** The end of the name `"error"`. Its start is the most frequent byte of JSON, which makes a search slow. */
const ERROR_HINT = Buffer.from('rror"');

/**
 * Why a document with status 200 is no answer; undefined if it is one. An answer is an object with the list of the operation, which
 * is not empty, and without an error. Called for every response, so a document is parsed only if it contains the name `error`.
 */
export function documentFailure(operation: OperationName, body: Buffer): ResponseFailure | undefined {
  const first = firstByte(body);
  if (first < 0) return notAnAnswer("an empty body with status 200");
  if (body[first] !== OPEN_BRACE) return notAnAnswer(described(body, first));
  if (body[lastByte(body)] !== CLOSE_BRACE) return notAnAnswer("an incomplete JSON document");
  const { output } = OPERATIONS[operation];
  const hasList = hasListNamed(body, output);
  if (hasList && body.indexOf(ERROR_HINT) < 0) return undefined;
  const document = parsed(body);
  if (document === undefined) return notAnAnswer("an invalid JSON document");
  const error = hasList ? errorIn(document) : statedIn(document);
  if (error !== undefined) return failureOf(error);
  return hasList ? undefined : notAnAnswer(`a document without ${output}`);
}

/** The same for the start of a document that is too large to be held. */
export function startFailure(start: Buffer): ResponseFailure | undefined {
  const first = firstByte(start);
  if (first < 0 || start[first] === OPEN_BRACE) return undefined;
  return notAnAnswer(described(start, first));
}

/** What a body without JSON is, for an error message. */
function described(body: Buffer, first: number): string {
  const text = body.toString("utf8", first, first + SHOWN_CHARACTERS * 4);
  if (text.startsWith("<")) return "HTML with status 200";
  if (/^(?:data|event|id|retry)?:/.test(text)) return "a stream of events instead of a document";
  return `no JSON: ${text.slice(0, SHOWN_CHARACTERS).trim()}`;
}

/** Whether a list with this name that is not empty is in the document. In JSON a quote inside a string is escaped, so the name is not in a text. */
function hasListNamed(body: Buffer, name: string): boolean {
  const key = `"${name}"`;
  for (let at = body.indexOf(key); at >= 0; at = body.indexOf(key, at + 1)) {
    let value = at + key.length;
    while (isSpace(body[value]) || body[value] === 0x3a) value += 1;
    if (body[value] !== OPEN_BRACKET) continue;
    do value += 1;
    while (isSpace(body[value]));
    if (body[value] !== CLOSE_BRACKET) return true;
  }
  return false;
}

function parsed(body: Buffer, parse: (json: string) => unknown = JSON.parse): unknown {
  // The scanner refuses what is nested too deeply to parse.
  if (!scanObject(body, new Set()).ok) return undefined;
  try {
    return parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
}

/**
 * The events of a stream with the contents of a complete document, for a server that ignores `stream`. Undefined if the document has
 * no choices.
 */
export function eventsOf(body: Buffer): Buffer | undefined {
  const document = parsed(body, parseExactly);
  if (!isObject(document) || !Array.isArray(document["choices"])) return undefined;
  const { usage, ...rest } = document;
  const chat = document["object"] === "chat.completion";
  const head = chat ? { ...rest, object: "chat.completion.chunk" } : rest;
  const choices = document["choices"].map((choice: unknown, index) => {
    if (!isObject(choice)) return { index, delta: {} };
    const { message, ...others } = choice;
    return isObject(message) ? { index, ...others, delta: deltaOf(message) } : choice;
  });
  const events: object[] = [{ ...head, choices }];
  if (isObject(usage)) events.push({ ...head, choices: [], usage });
  return Buffer.from(`${events.map((event) => `data: ${stringifyExactly(event)}\n\n`).join("")}data: [DONE]\n\n`);
}

/** A message as one piece: tool calls of a stream have an index. */
function deltaOf(message: Readonly<Record<string, unknown>>): object {
  const calls = message["tool_calls"];
  if (!Array.isArray(calls)) return message;
  return {
    ...message,
    tool_calls: calls.map((call: unknown, index) => (isObject(call) ? { index, ...call } : call)),
  };
}

/** Offset of the first byte that is no white space; -1 if there is none. A byte order mark counts as white space. */
export function firstByte(body: Buffer): number {
  let at = body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? 3 : 0;
  while (isSpace(body[at])) at += 1;
  return at < body.length ? at : -1;
}

function lastByte(body: Buffer): number {
  let at = body.length - 1;
  while (at > 0 && isSpace(body[at])) at -= 1;
  return at;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
