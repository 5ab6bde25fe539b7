import { createHash } from "node:crypto";
import { type Generation, type Input, isFarTooLong, type Message } from "./inference.js";
import { simulatedInstance } from "./simulated-schema.js";

/** Splits text approximately as a tokenizer does: words with the space before them, punctuation separately. */
export function tokensOf(text: string): string[] {
  return text.match(/\s?[\p{L}\p{N}]{1,12}|\s?[^\s\p{L}\p{N}]|\s+/gu) ?? [];
}

/** Function words, and words that requests contain whatever they are about. */
const COMMON_WORDS = new Set(
  `a about above after again all also am an and answer any anything are as ask at be because been before being below between both
  briefly but by can could describe did do does doing done down each else etc every everything exactly example explain few first for
  from further get give go got had has have he hello help hence her here hey him his how however i if in into is it its itself just
  know last let like list make many may me mean might more most much must my need no nor not nothing now of off often ok on once one
  only or other our out over own per please question quite rather really reply respond response said same say second see sentence
  shall she short should show since so some something still such summarise summarize take talk tell text than thank
  thanks that the their them then there these they thing things think this those three through to too two under until up us use
  using very want was we well were what when where whether which while who whole whom whose why will with within without word words
  would write yes yet you your`.split(/\s+/),
);

/** The longest uncommon words of a text, at most `limit`, in the order of the text. */
function subjects(text: string, limit: number): string[] {
  const words = [...new Set(text.toLowerCase().match(/[\p{L}\p{N}][\p{L}\p{N}'-]{2,30}/gu) ?? [])].filter(
    (word) => !COMMON_WORDS.has(word.replace(/'.*/, "")),
  );
  const longest = new Set([...words].sort((a, b) => b.length - a.length || a.localeCompare(b)).slice(0, limit));
  return words.filter((word) => longest.has(word));
}

/** Number of tokens of an input; infinite for one that is far too long for `context`. */
export function inputTokensOf(input: Input, context: number): number {
  if (typeof input !== "string") return input.length;
  return isFarTooLong(input, context) ? Number.POSITIVE_INFINITY : tokensOf(input).length;
}

/** Number of tokens of a prompt, as `inputTokensOf` counts them. */
export function promptTokens({ prompt }: Generation, context: number): number {
  return inputTokensOf(prompt.kind === "input" ? prompt.input : prompt.messages.map(messageText).join("\n"), context);
}

function messageText(message: Message): string {
  if (message.role !== "assistant") return message.content;
  const calls = message.calls.map(({ name, arguments: given, result }) => `${name}(${given})\n${result}`);
  return [message.content, ...calls].join("\n");
}

function lastUserMessage({ prompt }: Generation): string {
  // Token ids have no words: the simulated engine has no vocabulary.
  if (prompt.kind === "input") return typeof prompt.input === "string" ? prompt.input : "";
  return prompt.messages.findLast(({ role }) => role === "user")?.content ?? "";
}

const MAX_RESULT_CHARACTERS = 200;

/** What tools have returned to the last turn of the assistant, if the conversation ends with it. */
function lastResults({ prompt }: Generation): string | undefined {
  const last = prompt.kind === "messages" ? prompt.messages.at(-1) : undefined;
  if (last?.role !== "assistant" || last.calls.length === 0) return undefined;
  const results = last.calls.map(({ name, result }) => `${name} returned ${result.slice(0, MAX_RESULT_CHARACTERS)}`);
  return `[simulated] ${results.join("; ")}.`;
}

/**
 * The output of the simulated engine for a prompt of `promptTokens`. `isSubstitute`: a model is declared, and not available at the moment.
 * It is a function of the request, contains its words, and is marked as simulated in its first
 * word, so that it is not mistaken for the output of a model.
 */
export function simulatedText(generation: Generation, promptTokens: number, isSubstitute: boolean): string {
  const { format } = generation;
  if (format.kind === "schema") return JSON.stringify(simulatedInstance(format.schema));
  const message = lastUserMessage(generation).trim();
  const about = subjects(message, 8);
  if (format.kind === "json") return JSON.stringify({ simulated: true, about });
  const results = lastResults(generation);
  const topic = about.length > 1 ? `${about.slice(0, -1).join(", ")} and ${about.at(-1)}` : about[0];
  return [
    results ?? (topic === undefined ? "[simulated] This is a placeholder." : `[simulated] You asked about ${topic}.`),
    "No model is loaded: this text has the timing and the token counts of a model's response, but not its content.",
    `Your request has ${promptTokens} tokens.`,
    isSubstitute
      ? "The model of the platform file is not available yet: `keelson status` shows its download, or the reason."
      : "To get real answers, set the source of a model in the platform file.",
  ].join(" ");
}

export const SIMULATED_DIMENSIONS = 256;

/** A vector by feature hashing: texts that share words have similar vectors, so that a search over simulated embeddings works. */
export function simulatedEmbedding(input: Input, dimensions: number = SIMULATED_DIMENSIONS): number[] {
  const text = typeof input === "string" ? input : input.join(" ");
  const vector = new Array<number>(dimensions).fill(0);
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [""]) {
    const digest = createHash("sha256").update(word).digest();
    for (let at = 0; at < 4; at += 1) {
      const place = digest.readUInt32LE(at * 4) % dimensions;
      vector[place] = (vector[place] ?? 0) + ((digest[16 + at] ?? 0) % 2 === 0 ? 1 : -1);
    }
  }
  const length = Math.hypot(...vector) || 1;
  return vector.map((value) => value / length);
}
