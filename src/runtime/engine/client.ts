/** One server that can answer for a model, speaking the OpenAI API under `url` (so `${url}/v1/chat/completions`). */
export interface Target {
  /** Stable identity for metrics and routing, e.g. `assistant-0`. */
  readonly id: string;
  readonly model: string;
  readonly url: string;
  /** Name the server knows the model by. */
  readonly upstreamModel: string;
  readonly weight: number;
  /** `Authorization` header to send, when the server wants one. */
  readonly authorization: string | undefined;
  readonly engine: "llama.cpp" | "ollama" | "vllm" | "openai" | "simulated";
  /** One line: which engine was taken and why. */
  readonly reason: string;
}

/** Whether Keelson itself runs the engine, and so knows each field of the request that it gets. */
export function isOwn(engine: Target["engine"]): boolean {
  return engine === "llama.cpp" || engine === "simulated";
}

/**
 * What a model of this engine can be asked for, in the Ollama API's words. Our own engines refuse tools and images; to other
 * servers both are passed on, and of those only they themselves know better.
 */
export function capabilitiesOf(engine: Target["engine"], embeddings: boolean): readonly string[] {
  if (embeddings) return ["embedding"];
  return isOwn(engine) ? ["completion"] : ["completion", "tools"];
}

/** What the gateway asks of engines. In-process when together; when apart, targets come from the Plan's addresses. */
export interface Engine {
  targets(): readonly Target[];
  /** Why a model has the targets that it has, or none, in one line; undefined where there is nothing to tell. */
  reason(model: string): string | undefined;
  /** Calls back whenever `targets()` changed (a child died or is ready again). */
  watch(listener: () => void): () => void;
}
