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
  type Input,
  inputTooLong,
  isFarTooLong,
  type Message,
  type Piece,
  Refused,
  requirePossibleSize,
  type Tools,
} from "./inference.js";
import { historyOf } from "./llama-history.js";
import { samplingOf } from "./llama-sampling.js";
import { callIn, callSchema, functionsOf, withCallInstruction } from "./llama-tools.js";
import type { ChildConfig } from "./protocol.js";

type Config = Extract<ChildConfig, { engine: "llama.cpp" }>;

/** Context of an embedding model: sufficient for a long paragraph. */
const EMBEDDING_CONTEXT_TOKENS = 2048;

/** llama.cpp's LLAMA_MAX_SEQ: https://github.com/ggml-org/llama.cpp/blob/master/src/llama-cparams.h. */
const MAX_SEQUENCES = 256;

/** Calls in one response. A small model that begins to repeat a call does not stop by itself. */
const MAX_PARALLEL_CALLS = 8;

/** llama.cpp with one GGUF file. Several sequences share its context and are processed in one batch. */
export class LlamaInference implements Inference {
  readonly simulated = false;
  readonly #free: LlamaContextSequence[] = [];
  readonly #waiting: ((sequence: LlamaContextSequence) => void)[] = [];
  #embedder: Promise<LlamaEmbeddingContext> | undefined;
  /** The model's chat template, detected once: that takes longer than a short response. */
  #chatWrapper: ChatWrapper | undefined;
  /** Every token, at the index of its id. */
  #vocabulary: readonly Token[] | undefined;
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
    if (!embeddings && sequences > MAX_SEQUENCES)
      throw new Error(
        `llama.cpp processes at most ${MAX_SEQUENCES} requests at once, and the model's \`concurrency\` is ${sequences}`,
      );
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

  requirePrompt(input: Input): void {
    if (this.context === undefined) return;
    const { contextSize } = this.context;
    const tokens = this.#tokensOf(input, contextSize, "prompt").length;
    if (contextSize - tokens - 1 < 1) throw inputTooLong(tokens, contextSize, "prompt");
  }

  async generate(generation: Generation, emit: (piece: Piece) => void, signal: AbortSignal): Promise<Generated> {
    if (this.context === undefined) throw new Error("an embedding model cannot generate text");
    const { prompt, tools, format } = generation;
    requirePossibleSize(generation, this.context.contextSize);
    if (tools?.choice === "auto" && format.kind !== "text")
      throw new Refused("response_format cannot be combined with tools", "unsupported", "response_format");
    const grammar =
      tools?.choice === "required"
        ? await this.#grammar({ kind: "schema", schema: callSchema(tools) }, "tools")
        : await this.#grammar(format, "response_format");
    const sequence = await this.#acquire(signal);
    const emitText = (text: string): void => emit({ kind: "text", text });
    try {
      if (prompt.kind === "input")
        return await this.#complete(sequence, generation, prompt.input, grammar, emitText, signal);
      if (tools === undefined)
        return await this.#chat(sequence, generation, prompt.messages, { grammar }, emitText, signal);
      if (tools.choice === "required")
        return await this.#call(sequence, generation, prompt.messages, { tools, grammar }, emit, signal);
      return await this.#offer(sequence, generation, prompt.messages, tools, emit, signal);
    } finally {
      this.#release(sequence);
    }
  }

  async embed(inputs: readonly Input[], signal: AbortSignal): Promise<Embedded> {
    this.#embedder ??= this.model.createEmbeddingContext({
      contextSize: Math.min(EMBEDDING_CONTEXT_TOKENS, this.model.trainContextSize),
      threads: this.threads,
    });
    const embedder = await this.#embedder;
    return this.#embedAll(embedder, inputs, signal);
  }

  /** Requests with long lists of inputs take turns. */
  #embedInTurn(embedder: LlamaEmbeddingContext, tokens: Token[], signal: AbortSignal): Promise<readonly number[]> {
    const work = this.#embedding.then(async () => {
      signal.throwIfAborted();
      return (await embedder.getEmbeddingFor(tokens)).vector;
    });
    this.#embedding = work.catch(() => {});
    return work;
  }

  async close(): Promise<void> {
    await this.llama.dispose();
  }

  async #embedAll(embedder: LlamaEmbeddingContext, inputs: readonly Input[], signal: AbortSignal): Promise<Embedded> {
    const vectors: (readonly number[])[] = [];
    // Two tokens are reserved for the model's start and end.
    const limit = Math.min(EMBEDDING_CONTEXT_TOKENS, this.model.trainContextSize) - 2;
    let inputTokens = 0;
    for (const input of inputs) {
      signal.throwIfAborted();
      const tokens = this.#tokensOf(input, limit, "input");
      if (tokens.length > limit) throw inputTooLong(tokens.length, limit, "input");
      inputTokens += tokens.length;
      vectors.push(await this.#embedInTurn(embedder, tokens, signal));
    }
    return { vectors, inputTokens };
  }

  /** A call that the request requires: the grammar permits nothing else. */
  async #call(
    sequence: LlamaContextSequence,
    generation: Generation,
    messages: readonly Message[],
    { tools, grammar }: { readonly tools: Tools; readonly grammar: LlamaGrammar | undefined },
    emit: (piece: Piece) => void,
    signal: AbortSignal,
  ): Promise<Generated> {
    const instructed = withCallInstruction(messages, tools);
    let text = "";
    const add = (piece: string): void => {
      text += piece;
    };
    const done = await this.#chat(sequence, generation, instructed, { grammar }, add, signal);
    const call = callIn(text);
    if (call === undefined) return { ...done, finish: "length" };
    emit(call);
    return { ...done, finish: "tool_calls" };
  }

  /** Text, or calls if the model begins one as its template writes them. */
  async #offer(
    sequence: LlamaContextSequence,
    generation: Generation,
    messages: readonly Message[],
    tools: Tools,
    emit: (piece: Piece) => void,
    signal: AbortSignal,
  ): Promise<Generated> {
    let calls = 0;
    const onCall = (name: string, parameters: unknown): void => {
      calls += 1;
      emit({ kind: "call", name, arguments: JSON.stringify(parameters ?? {}) });
    };
    const emitText = (text: string): void => emit({ kind: "text", text });
    const done = await this.#chat(sequence, generation, messages, { tools, onCall }, emitText, signal);
    return calls === 0 ? done : { ...done, finish: "tool_calls" };
  }

  async #chat(
    sequence: LlamaContextSequence,
    generation: Generation,
    messages: readonly Message[],
    constraint:
      | { readonly grammar: LlamaGrammar | undefined }
      | { readonly tools: Tools; readonly onCall: (name: string, parameters: unknown) => void },
    emit: (text: string) => void,
    signal: AbortSignal,
  ): Promise<Generated> {
    this.#chatWrapper ??= resolveChatWrapper(this.model);
    const chatWrapper = this.#chatWrapper;
    const history = historyOf(messages);
    const offered = "tools" in constraint ? constraint : undefined;
    const functions = offered && functionsOf(offered.tools);
    const { contextText } = chatWrapper.generateContextState({
      chatHistory: history,
      ...(functions && { availableFunctions: functions, documentFunctionParams: true }),
    });
    if (isFarTooLong(contextText.toString(), sequence.contextSize))
      throw inputTooLong(Number.POSITIVE_INFINITY, sequence.contextSize, "messages");
    const inputTokens = contextText.tokenize(this.model.tokenizer).length;
    const chat = new LlamaChat({ contextSequence: sequence, chatWrapper });
    let outputTokens = 0;
    try {
      const settings = {
        ...this.#settings(generation, inputTokens, sequence, signal),
        onTextChunk: emit,
        onResponseChunk: ({ tokens }: { readonly tokens: readonly Token[] }): void => {
          outputTokens += tokens.length;
        },
      };
      const { metadata } =
        offered === undefined || functions === undefined
          ? await chat.generateResponse(history, {
              ...settings,
              ...("grammar" in constraint && constraint.grammar ? { grammar: constraint.grammar } : {}),
            })
          : await chat.generateResponse(history, {
              ...settings,
              functions,
              documentFunctionParams: true,
              maxParallelFunctionCalls: offered.tools.parallel ? MAX_PARALLEL_CALLS : 1,
              onFunctionCall: ({ functionName, params }) => {
                outputTokens += this.model.tokenize(JSON.stringify(params ?? {})).length;
                offered.onCall(functionName, params);
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
    input: Input,
    grammar: LlamaGrammar | undefined,
    emit: (text: string) => void,
    signal: AbortSignal,
  ): Promise<Generated> {
    const prompt = this.#tokensOf(input, sequence.contextSize, "prompt");
    const completion = new LlamaCompletion({ contextSequence: sequence });
    let outputTokens = 0;
    try {
      const { metadata } = await completion.generateCompletionWithMeta(prompt, {
        ...this.#settings(generation, prompt.length, sequence, signal),
        ...(grammar === undefined ? {} : { grammar }),
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

  #settings(generation: Generation, inputTokens: number, sequence: LlamaContextSequence, signal: AbortSignal) {
    const room = sequence.contextSize - inputTokens - 1;
    const field = generation.prompt.kind === "messages" ? "messages" : "prompt";
    if (room < 1) throw inputTooLong(inputTokens, sequence.contextSize, field);
    const { maxTokens, stop } = generation;
    return {
      ...samplingOf(generation, this.model, sequence.contextSize),
      signal,
      maxTokens: Math.min(maxTokens ?? room, room),
      ...(stop.length === 0 ? {} : { customStopTriggers: stop.filter((text) => text !== "") }),
    };
  }

  /** Throws `Refused` for an input that is far too long, and for a token id that is not in the model's vocabulary. */
  #tokensOf(input: Input, limit: number, field: "prompt" | "input"): Token[] {
    if (typeof input === "string" ? isFarTooLong(input, limit) : input.length > limit)
      throw inputTooLong(typeof input === "string" ? Number.POSITIVE_INFINITY : input.length, limit, field);
    if (typeof input === "string") return this.model.tokenize(input);
    this.#vocabulary ??= [...this.model.iterateAllTokens()];
    const vocabulary = this.#vocabulary;
    return input.map((id) => {
      const token = vocabulary[id];
      if (token !== undefined) return token;
      const message = `${field}: the model has no token ${id}; its ids are 0 to ${vocabulary.length - 1}`;
      throw new Refused(message, "invalid_body", field);
    });
  }

  async #grammar(format: Format, field: string): Promise<LlamaGrammar | undefined> {
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
      throw new Refused(`the JSON schema cannot be used: ${why}`, "unsupported", field);
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
