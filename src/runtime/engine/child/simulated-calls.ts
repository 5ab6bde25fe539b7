import { parseExactly, stringifyExactly } from "../../kernel/exact-json.js";
import type { Generation, Message, Piece, Tool } from "./inference.js";
import { simulatedInstance } from "./simulated-schema.js";

type Call = Extract<Piece, { kind: "call" }>;

/**
 * The calls of the simulated engine, a function of the request so that tests of agents can script them:
 *
 * - a line `call NAME {"argument": …}` in the last message of the user is that call;
 * - otherwise each tool is called of whose name the message contains a word (`get_weather`: "the weather in Kiel"), with the smallest
 *   arguments that its schema allows;
 * - a request that requires a call and has none of these gets one of its first tool.
 *
 * After the result of a call the simulator responds with text, unless a call is required.
 */
export function simulatedCalls({ tools, prompt }: Generation): readonly Call[] {
  if (tools === undefined || prompt.kind === "input") return [];
  const { offered, choice, parallel } = tools;
  const message = prompt.messages.at(-1);
  const asked = choice === "auto" && message?.role !== "user" ? undefined : lastOfUser(prompt.messages);
  const found = asked === undefined ? [] : (nonEmpty(scripted(asked, offered)) ?? mentioned(asked, offered));
  const [first] = offered;
  const calls = found.length === 0 && choice === "required" && first !== undefined ? [smallest(first)] : found;
  return parallel ? calls : calls.slice(0, 1);
}

function lastOfUser(messages: readonly Message[]): string {
  return messages.findLast(({ role }) => role === "user")?.content ?? "";
}

function nonEmpty<Item>(items: readonly Item[]): readonly Item[] | undefined {
  return items.length === 0 ? undefined : items;
}

function scripted(text: string, tools: readonly Tool[]): readonly Call[] {
  return text.split("\n").flatMap((line) => {
    const [, name = "", given = ""] = /^\s*call ([\w-]{1,64})\s*(\{.*\})?\s*$/.exec(line) ?? [];
    const tool = tools.find((each) => each.name === name);
    if (tool === undefined) return [];
    return [{ kind: "call" as const, name, arguments: jsonObject(given) ?? smallest(tool).arguments }];
  });
}

function jsonObject(text: string): string | undefined {
  try {
    return stringifyExactly(parseExactly(text));
  } catch {
    return undefined;
  }
}

/** Words of a name that many tools have, and that say nothing about their subject. */
const VERBS: ReadonlySet<string> = new Set(["call", "find", "from", "list", "make", "read", "that", "tool", "with"]);
const MIN_WORD_CHARACTERS = 4;

function mentioned(text: string, tools: readonly Tool[]): readonly Call[] {
  const words = new Set(wordsOf(text));
  return tools.filter(({ name }) => wordsOf(name).some((word) => !VERBS.has(word) && words.has(word))).map(smallest);
}

/** The lower-case words of a text or of an identifier in any case style. */
function wordsOf(text: string): readonly string[] {
  const split = text.replace(/(\p{Ll})(\p{Lu})/gu, "$1 $2").toLowerCase();
  return (split.match(/\p{L}+/gu) ?? []).filter((word) => word.length >= MIN_WORD_CHARACTERS);
}

function smallest({ name, parameters }: Tool): Call {
  return {
    kind: "call",
    name,
    arguments: JSON.stringify(parameters === undefined ? {} : simulatedInstance(parameters)),
  };
}
