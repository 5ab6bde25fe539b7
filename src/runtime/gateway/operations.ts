import { USAGE_OPERATIONS, type UsageEvent } from "../../contracts/usage.js";

/** The kind of a metered request: the key of its row below, its `operation` in usage, and its label in metrics and spans. */
export type OperationName = UsageEvent["operation"];

interface OperationFacts {
  /** Path in the gateway's OpenAI API. */
  readonly path: `/v1/${string}`;
  /** Path in the OpenAI API of an upstream, below its base address. */
  readonly upstreamPath: `/${string}`;
  /** Field of the OpenAI request with the input of the model. */
  readonly input: string;
  /** Field of the OpenAI response with the list of results. */
  readonly output: "choices" | "data";
  /** Paths in the Ollama API that are metered as this operation. */
  readonly ollamaPaths: readonly `/api/${string}`[];
  /** The response may be a stream. */
  readonly streams: boolean;
  /** The model generates tokens: a response without a count is estimated from its size. */
  readonly generates: boolean;
}

/** Everything that differs between operations. The compiler requires a row for each operation of the usage contract. */
export const OPERATIONS = {
  chat: {
    path: "/v1/chat/completions",
    upstreamPath: "/chat/completions",
    input: "messages",
    output: "choices",
    ollamaPaths: ["/api/chat"],
    streams: true,
    generates: true,
  },
  completion: {
    path: "/v1/completions",
    upstreamPath: "/completions",
    input: "prompt",
    output: "choices",
    ollamaPaths: ["/api/generate"],
    streams: true,
    generates: true,
  },
  embedding: {
    path: "/v1/embeddings",
    upstreamPath: "/embeddings",
    input: "input",
    output: "data",
    ollamaPaths: ["/api/embed", "/api/embeddings"],
    streams: false,
    generates: false,
  },
} as const satisfies Record<OperationName, OperationFacts>;

export type OllamaPath = (typeof OPERATIONS)[OperationName]["ollamaPaths"][number];

const NAMES: ReadonlySet<unknown> = new Set(USAGE_OPERATIONS);

export function isOperation(value: unknown): value is OperationName {
  return NAMES.has(value);
}
