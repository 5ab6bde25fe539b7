import { availableParallelism } from "node:os";
import {
  type ChatWrapper,
  getLlama,
  type Llama,
  LlamaChat,
  LlamaCompletion,
  type LlamaContext,
  type LlamaContextSequence,
  type LlamaEmbeddingContext,
  type LlamaGrammar,
  LlamaLogLevel,
  type LlamaModel,
  resolveChatWrapper,
  type Token,
} from "node-llama-cpp";
import { messageOf, toError } from "../../../errors/thrown.js";
import { checkGguf } from "./gguf-header.js";
import {
  type Embedded,
  type Format,
  type Generated,
  type Generation,
  type Inference,
  type Message,
  promptTooLong,
  Refused,
} from "./inference.js";
import { historyOf } from "./llama-history.js";
import { samplingOf } from "./llama-sampling.js";
import type { ChildConfig } from "./protocol.js";

type Config = Extract<ChildConfig, { engine: "llama.cpp" }>;

/** Context of an embedding model: sufficient for a long paragraph. */
const EMBEDDING_CONTEXT_TOKENS = 2048;

/** llama.cpp with one GGUF file. Several sequences share its context and are processed in one batch. */
export class LlamaInference implements Inference {
  readonly #free: LlamaContextSequence[] = [];
  readonly #waiting: ((sequence: LlamaContextSequence) => void)[] = [];
  #embedder: Promise<LlamaEmbeddingContext> | undefined;
  /** The model's chat template, detected once: that takes longer than a short response. */
  #chatWrapper: ChatWrapper | undefined;
  /** Embeddings are computed one at a time: they share one context. */
  #embedding: Promise<unknown> = Promise.resolve();

  get kind(): Inference["kind"] {
    return this.context === undefined ? "embeddings" : "text";
  }

  get dimensions(): number {
    return this.model.embeddingVectorSize;
  }

  private constructor(
    private readonly llama: Llama,
    private readonly model: LlamaModel,
    private readonly context: LlamaContext | undefined,
    sequences: number,
    private readonly threads: number,
  ) {
    if (context !== undefined)
      for (let count = 0; count < sequences; count += 1) this.#free.push(context.getSequence());
  }

  /** Loads the file with the prebuilt CPU library. Nothing is compiled or downloaded; without the library the load fails. */
  static async load({ file, context: wanted, sequences, embeddings }: Config): Promise<LlamaInference> {
    await checkGguf(file);
    const llama = await getLlama({
      gpu: false,
      build: "never",
      skipDownload: true,
      progressLogs: false,
      logLevel: LlamaLogLevel.error,
    });
    const model = await llama.loadModel({ modelPath: file });
    // One thread per core would leave none for the gateway on the same machine.
    const threads = Math.max(1, Math.floor(availableParallelism() / 2));
    const contextSize = Math.min(wanted, model.trainContextSize);
    const context = embeddings ? undefined : await model.createContext({ sequences, contextSize, threads });
    return new LlamaInference(llama, model, context, sequences, threads);
  }

  async generate(generation: Generation, emit: (text: string) => void, signal: AbortSignal): Promise<Generated> {
    if (this.context === undefined) throw new Error("an embedding model cannot generate text");
    const grammar = await this.#grammar(generation.format);
    const sequence = await this.#acquire(signal);
    try {
      return generation.prompt.kind === "messages"
        ? await this.#chat(sequence, generation, generation.prompt.messages, grammar, emit, signal)
        : await this.#complete(sequence, generation, generation.prompt.text, grammar, emit, signal);
    } finally {
      this.#release(sequence);
    }
  }

  async embed(inputs: readonly string[], signal: AbortSignal): Promise<Embedded> {
    this.#embedder ??= this.model.createEmbeddingContext({
      contextSize: Math.min(EMBEDDING_CONTEXT_TOKENS, this.model.trainContextSize),
      threads: this.threads,
    });
    const embedder = await this.#embedder;
    const work = this.#embedding.then(() => this.#embedAll(embedder, inputs, signal));
    this.#embedding = work.catch(() => {});
    return work;
  }

  async close(): Promise<void> {
    await this.llama.dispose();
  }

  async #embedAll(embedder: LlamaEmbeddingContext, inputs: readonly string[], signal: AbortSignal): Promise<Embedded> {
    const vectors: (readonly number[])[] = [];
    // Two tokens are reserved for the model's start and end.
    const limit = Math.min(EMBEDDING_CONTEXT_TOKENS, this.model.trainContextSize) - 2;
    let inputTokens = 0;
    for (const input of inputs) {
      signal.throwIfAborted();
      const tokens = this.model.tokenize(input);
      if (tokens.length > limit) {
        const message = `an input has ${tokens.length} tokens, but the model supports at most ${limit}`;
        throw new Refused(message, "context_length_exceeded", "input");
      }
      inputTokens += tokens.length;
      vectors.push((await embedder.getEmbeddingFor(tokens)).vector);
    }
    return { vectors, inputTokens };
  }

  async #chat(
    sequence: LlamaContextSequence,
    generation: Generation,
    messages: readonly Message[],
    grammar: LlamaGrammar | undefined,
    emit: (text: string) => void,
    signal: AbortSignal,
  ): Promise<Generated> {
    this.#chatWrapper ??= resolveChatWrapper(this.model);
    const chatWrapper = this.#chatWrapper;
    const history = historyOf(messages);
    const { contextText } = chatWrapper.generateContextState({ chatHistory: history });
    const inputTokens = contextText.tokenize(this.model.tokenizer).length;
    const chat = new LlamaChat({ contextSequence: sequence, chatWrapper });
    let outputTokens = 0;
    try {
      const { metadata } = await chat.generateResponse(history, {
        ...this.#settings(generation, inputTokens, sequence, grammar, signal),
        onTextChunk: emit,
        onResponseChunk: ({ tokens }) => {
          outputTokens += tokens.length;
        },
      });
      return { inputTokens, outputTokens, finish: metadata.stopReason === "maxTokens" ? "length" : "stop" };
    } finally {
      chat.dispose({ disposeSequence: false });
    }
  }

  async #complete(
    sequence: LlamaContextSequence,
    generation: Generation,
    text: string,
    grammar: LlamaGrammar | undefined,
    emit: (text: string) => void,
    signal: AbortSignal,
  ): Promise<Generated> {
    const prompt: Token[] = this.model.tokenize(text);
    const completion = new LlamaCompletion({ contextSequence: sequence });
    let outputTokens = 0;
    try {
      const { metadata } = await completion.generateCompletionWithMeta(prompt, {
        ...this.#settings(generation, prompt.length, sequence, grammar, signal),
        onTextChunk: emit,
        onToken: (tokens) => {
          outputTokens += tokens.length;
        },
      });
      return {
        inputTokens: prompt.length,
        outputTokens,
        finish: metadata.stopReason === "maxTokens" ? "length" : "stop",
      };
    } finally {
      completion.dispose({ disposeSequence: false });
    }
  }

  #settings(
    generation: Generation,
    inputTokens: number,
    sequence: LlamaContextSequence,
    grammar: LlamaGrammar | undefined,
    signal: AbortSignal,
  ) {
    const room = sequence.contextSize - inputTokens - 1;
    if (room < 1) throw promptTooLong(inputTokens, sequence.contextSize, generation);
    const { maxTokens, stop } = generation;
    return {
      ...samplingOf(generation, this.model, sequence.contextSize),
      signal,
      maxTokens: Math.min(maxTokens ?? room, room),
      ...(stop.length === 0 ? {} : { customStopTriggers: stop.filter((text) => text !== "") }),
      ...(grammar === undefined ? {} : { grammar }),
    };
  }

  async #grammar(format: Format): Promise<LlamaGrammar | undefined> {
    if (format.kind === "text") return undefined;
    if (format.kind === "json") return this.llama.getGrammarFor("json");
    try {
      // The library's schema type is for literals in code; it validates a schema received over HTTP itself.
      const grammar: LlamaGrammar = await Reflect.apply(this.llama.createGrammarForJsonSchema, this.llama, [
        format.schema,
      ]);
      return grammar;
    } catch (error) {
      const why = messageOf(error);
      throw new Refused(`the JSON schema cannot be used: ${why}`, "unsupported", "response_format");
    }
  }

  async #acquire(signal: AbortSignal): Promise<LlamaContextSequence> {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    return new Promise((resolve, reject) => {
      const grant = (sequence: LlamaContextSequence): void => {
        signal.removeEventListener("abort", cancel);
        resolve(sequence);
      };
      const cancel = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(grant), 1);
        reject(toError(signal.reason));
      };
      signal.addEventListener("abort", cancel, { once: true });
      this.#waiting.push(grant);
    });
  }

  #release(sequence: LlamaContextSequence): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(sequence);
    else next(sequence);
  }
}
