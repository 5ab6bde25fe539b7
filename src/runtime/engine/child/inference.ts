/** A turn of a conversation, its content already plain text. */
export type Message =
  | { readonly role: "system" | "user"; readonly content: string }
  | { readonly role: "assistant"; readonly content: string; readonly calls: readonly ToolCall[] };

/** A tool call that the assistant made earlier in the conversation, with the tool's result. */
export interface ToolCall {
  readonly name: string;
  /** As the model generated them: JSON, unless it made a mistake. */
  readonly arguments: string;
  readonly result: string;
}

/** The required format of the generated text. */
export type Format =
  | { readonly kind: "text" }
  | { readonly kind: "json" }
  | { readonly kind: "schema"; readonly schema: unknown };

/** Penalties lower the logits of tokens that the generated text already contains; negative ones raise them. */
export interface Penalties {
  /** Subtracted once per occurrence of the token; -2..2, 0 for none. */
  readonly frequency: number;
  /** Subtracted once if the token occurs; -2..2, 0 for none. */
  readonly presence: number;
  /** Positive logits are divided by it, negative ones multiplied; 1 for none. */
  readonly repeat: number;
  /** Number of last tokens of the generated text that count; undefined: all. */
  readonly lastTokens: number | undefined;
}

/** A function that the model may call. */
export interface Tool {
  readonly name: string;
  readonly description: string | undefined;
  /** JSON schema of its arguments; undefined if it has none. */
  readonly parameters: Readonly<Record<string, unknown>> | undefined;
}

/** The tools of a request and which of them the model must call. */
export interface Tools {
  readonly offered: readonly Tool[];
  /** `required`: at least one of `offered`, which is the named one if the request names one. */
  readonly choice: "auto" | "required";
  /** Whether several calls may be made in one response. */
  readonly parallel: boolean;
}

/** A piece of the output, as it is generated. */
export type Piece =
  | { readonly kind: "text"; readonly text: string }
  /** A call of a tool with its complete arguments, a JSON text. */
  | { readonly kind: "call"; readonly name: string; readonly arguments: string };

/** A text, or the token ids of one in the model's vocabulary. */
export type Input = string | readonly number[];

export interface Generation {
  readonly prompt:
    | { readonly kind: "messages"; readonly messages: readonly Message[] }
    | { readonly kind: "input"; readonly input: Input };
  /** Maximum number of tokens to generate; undefined: until the end, or until the context is full. */
  readonly maxTokens: number | undefined;
  readonly temperature: number | undefined;
  readonly topP: number | undefined;
  /** Number of the most likely tokens to sample from; 0: all. */
  readonly topK: number | undefined;
  /** Minimum probability of a token to sample, relative to that of the most likely one. */
  readonly minP: number | undefined;
  readonly seed: number | undefined;
  readonly penalties: Penalties;
  /** Added to the logits of tokens, by token id of the model's vocabulary; -100..100. */
  readonly logitBias: ReadonlyMap<number, number>;
  readonly stop: readonly string[];
  readonly format: Format;
  /** Undefined if the model may call none. */
  readonly tools: Tools | undefined;
}

export interface Generated {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly finish: "stop" | "length" | "tool_calls";
}

export interface Embedded {
  readonly vectors: readonly (readonly number[])[];
  readonly inputTokens: number;
}

/** An engine in a child process. The server around it implements HTTP. */
export interface Inference {
  /** Its output is that of no model: responses are marked. */
  readonly simulated: boolean;
  /** A model either generates text or makes embeddings. */
  readonly kind: "text" | "embeddings";
  /** Length of its embedding vectors. */
  readonly dimensions: number;
  /** Throws `Refused` for an input that cannot be a prompt: it is too long, or contains a token that the model lacks. */
  requirePrompt(input: Input): void;
  /**
   * Generates text and calls of tools, and passes each piece to `emit`. Rejects with `Refused` for a request that the model does not support, and with
   * the signal's reason when it is cancelled.
   */
  generate(generation: Generation, emit: (piece: Piece) => void, signal: AbortSignal): Promise<Generated>;
  embed(inputs: readonly Input[], signal: AbortSignal): Promise<Embedded>;
  close(): Promise<void>;
}

/** Why a request is refused, in the codes of OpenAI's API. */
export type RefusalCode = "invalid_body" | "unsupported" | "context_length_exceeded";

/** The request is invalid or not supported by this model: an error of the client, not of the server. */
export class Refused extends Error {
  override readonly name = "Refused";

  constructor(
    message: string,
    readonly code: RefusalCode,
    /** Path of the invalid field; null if no field is at fault. */
    readonly param: string | null,
  ) {
    super(message);
  }
}

/** Above the characters of every token of usual vocabularies. */
const MAX_CHARACTERS_PER_TOKEN = 128;

/** Whether a text exceeds `context` tokens by far. It is not split into tokens: all other requests of the engine would wait for that. */
export function isFarTooLong(text: string, context: number): boolean {
  return text.length > context * MAX_CHARACTERS_PER_TOKEN;
}

/**
 * Throws `Refused` for a prompt whose size alone shows that it exceeds `context` tokens: a chat template and a tokenizer take seconds for
 * megabytes, and each message has a token at least.
 */
export function requirePossibleSize({ prompt, tools }: Generation, context: number): void {
  if (prompt.kind === "input") {
    const isTooLong =
      typeof prompt.input === "string" ? isFarTooLong(prompt.input, context) : prompt.input.length > context;
    if (isTooLong) throw inputTooLong(Number.POSITIVE_INFINITY, context, "prompt");
    return;
  }
  let characters = 0;
  for (const { description } of tools?.offered ?? []) characters += description?.length ?? 0;
  let messages = 0;
  for (const message of prompt.messages) {
    characters += message.content.length;
    messages += 1;
    if (message.role !== "assistant") continue;
    messages += message.calls.length;
    for (const call of message.calls) characters += call.name.length + call.arguments.length + call.result.length;
  }
  if (messages > context || characters > context * MAX_CHARACTERS_PER_TOKEN)
    throw inputTooLong(Number.POSITIVE_INFINITY, context, "messages");
}

/** The error for an input that is too long. `tokens`: its number of tokens, infinite if it was not split; `limit`: the largest one. */
export function inputTooLong(tokens: number, limit: number, field: "messages" | "prompt" | "input"): Refused {
  const subject = field === "input" ? "an input" : "the prompt";
  const room = field === "input" ? `the model supports at most ${limit}` : `the context has only ${limit}`;
  const count = Number.isFinite(tokens) ? `${tokens} tokens` : "too many tokens";
  return new Refused(`${subject} has ${count}, but ${room}`, "context_length_exceeded", field);
}
