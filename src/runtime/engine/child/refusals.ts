import { z } from "zod";
import { Refused } from "./inference.js";

/** Fields of a chat that ask for more than text; their forms are looked at no further than it takes to see that. */
const beyondText = z.looseObject({
  messages: z
    .array(z.looseObject({ content: z.unknown().optional(), audio: z.unknown().optional() }).catch({}))
    .catch([]),
  tools: z.array(z.unknown()).catch([]),
  tool_choice: z.unknown().optional(),
  functions: z.array(z.unknown()).catch([]),
  function_call: z.unknown().optional(),
});

const part = z.looseObject({ type: z.string() });

/** Texts, and what an assistant had said no with. */
const texts: ReadonlySet<string> = new Set(["text", "refusal"]);

/**
 * Throws `Refused` for images, sound, files and tools, which no engine here can work with: an answer that leaves them out
 * would look like one that had taken them in. Tools may come with `tool_choice: "none"`, which asks for text alone.
 */
export function refuseBeyondText(document: unknown): void {
  const read = beyondText.safeParse(document);
  if (!read.success) return;
  const { messages, tools, tool_choice: choice, functions, function_call: call } = read.data;
  const forced = choice !== undefined && choice !== null && choice !== "none" && choice !== "auto";
  if ((tools.length > 0 && choice !== "none") || forced)
    throw unsupported(
      "this model's engine calls no tools; a model with upstreams can",
      forced ? "tool_choice" : "tools",
    );
  if (functions.length > 0 && call !== "none") throw unsupported("this model's engine calls no functions", "functions");
  for (const [index, { content, audio }] of messages.entries()) {
    if (audio != null) throw unsupported("this model's engine hears no sound", `messages[${index}].audio`);
    if (!Array.isArray(content)) continue;
    for (const [at, each] of content.entries()) {
      const typed = part.safeParse(each);
      if (typed.success && !texts.has(typed.data.type))
        throw unsupported(
          `this model's engine reads text alone, and no part of type ${JSON.stringify(typed.data.type.slice(0, 40))}`,
          `messages[${index}].content[${at}]`,
        );
    }
  }
}

/** A field of the API that no engine here acts upon. */
interface Unknown {
  readonly field: string;
  /** Values that ask for what happens anyway; null always does. */
  readonly idle: (value: unknown) => boolean;
  readonly why: string;
}

const never = (): boolean => false;
const off = (value: unknown): boolean => value === false || value === 0;

const unknown: readonly Unknown[] = [
  { field: "audio", idle: never, why: "makes no sound" },
  {
    field: "modalities",
    idle: (value) => Array.isArray(value) && value.every((one) => one === "text"),
    why: "answers in text alone",
  },
  { field: "logprobs", idle: (value) => value === false, why: "tells no probabilities" },
  { field: "top_logprobs", idle: off, why: "tells no probabilities" },
  { field: "best_of", idle: (value) => value === 1, why: "makes one answer and chooses among none" },
  { field: "echo", idle: off, why: "says the prompt not again" },
  { field: "suffix", idle: (value) => value === "", why: "fills no gap before a suffix" },
  { field: "reasoning_effort", idle: never, why: "takes no effort of reasoning" },
  { field: "verbosity", idle: (value) => value === "medium", why: "takes no verbosity: say it in a message" },
  { field: "web_search_options", idle: never, why: "searches no web" },
  { field: "moderation", idle: never, why: "moderates nothing" },
];

/**
 * Throws `Refused` for the fields of OpenAI's text APIs that ask for another answer than the engines here would give. Those
 * that change no answer (`user`, `metadata`, `store`, `prediction` and the like) are left aside.
 */
export function refuseUnknown(document: unknown): void {
  if (typeof document !== "object" || document === null) return;
  const given = new Map<string, unknown>(Object.entries(document));
  for (const { field, idle, why } of unknown) {
    const value = given.get(field);
    if (value != null && !idle(value)) throw unsupported(`${field}: this model's engine ${why}`, field);
  }
}

function unsupported(message: string, param: string): Refused {
  return new Refused(message, "unsupported", param);
}
