/** A turn of a conversation, its content already plain text. */
export type Message =
  | { readonly role: "system" | "user"; readonly content: string }
  | { readonly role: "assistant"; readonly content: string; readonly calls: readonly ToolCall[] };

/** A tool's call that the assistant made earlier in the conversation, together with what the tool answered. */
export interface ToolCall {
  readonly name: string;
  /** As the model wrote them: JSON, unless it made a mistake. */
  readonly arguments: string;
  readonly result: string;
}

/** What an answer must look like. */
export type Format =
  | { readonly kind: "text" }
  | { readonly kind: "json" }
  | { readonly kind: "schema"; readonly schema: unknown };

/** What lowers the logits of tokens that the answer already holds; raises them where it is below zero. */
export interface Penalties {
  /** Taken off once for each time that the token stands there; -2..2, 0 for none. */
  readonly frequency: number;
  /** Taken off once if the token stands there at all; -2..2, 0 for none. */
  readonly presence: number;
  /** What logits above zero are divided by, and those below are multiplied with; 1 for none. */
  readonly repeat: number;
  /** How many of the answer's last tokens count; undefined: all of them. */
  readonly lastTokens: number | undefined;
}

export interface Generation {
  readonly prompt:
    | { readonly kind: "messages"; readonly messages: readonly Message[] }
    | { readonly kind: "text"; readonly text: string };
  /** Tokens to generate at most; undefined: until the end, or the context is full. */
  readonly maxTokens: number | undefined;
  readonly temperature: number | undefined;
  readonly topP: number | undefined;
  /** The most likely tokens that are chosen among; 0: all. */
  readonly topK: number | undefined;
  /** Least probability of a token that may be chosen, as a share of the likeliest one's. */
  readonly minP: number | undefined;
  readonly seed: number | undefined;
  readonly penalties: Penalties;
  /** What is added to the logits of tokens, by their ids in the model's own vocabulary; -100..100. */
  readonly logitBias: ReadonlyMap<number, number>;
  readonly stop: readonly string[];
  readonly format: Format;
}

export interface Generated {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly finish: "stop" | "length";
}

export interface Embedded {
  readonly vectors: readonly (readonly number[])[];
  readonly inputTokens: number;
}

/** What an engine in a child process can do. The server around it speaks HTTP; the engine does not. */
export interface Inference {
  /** A model either answers prompts or makes embeddings. */
  readonly kind: "text" | "embeddings";
  /** Numbers in each of its embeddings. */
  readonly dimensions: number;
  /**
   * Generates until the end, handing over text as it comes. Rejects with `Refused` for what the model cannot do, and with
   * the signal's reason when it is cancelled.
   */
  generate(generation: Generation, say: (text: string) => void, signal: AbortSignal): Promise<Generated>;
  embed(inputs: readonly string[], signal: AbortSignal): Promise<Embedded>;
  close(): Promise<void>;
}

/** Why a request is refused, as OpenAI's clients read it. */
export type RefusalCode = "invalid_body" | "unsupported" | "context_length_exceeded";

/** The request asks for what this model cannot do: the client's fault, not the server's. */
export class Refused extends Error {
  override readonly name = "Refused";

  constructor(
    message: string,
    readonly code: RefusalCode,
    /** The field of the request that it is about. */
    readonly param: string | null,
  ) {
    super(message);
  }
}

/** The prompt leaves no room for an answer. */
export function promptTooLong(tokens: number, context: number, { prompt }: Generation): Refused {
  const message = `the prompt has ${tokens} tokens; the context holds ${context}`;
  return new Refused(message, "context_length_exceeded", prompt.kind === "messages" ? "messages" : "prompt");
}
