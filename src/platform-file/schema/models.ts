import { z } from "zod";
import { name, oneOrMany } from "./names.js";
import { byteRange, cpuRange, duration, parameterRange, parameters } from "./quantities.js";
import { gpu, workloadFields } from "./workload.js";

const upstream = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).describe("Address of an OpenAI-compatible server, without /v1"),
  model: z.string().min(1).describe("Name that server knows the model by; this model's name unless said").optional(),
  weight: z.number().min(0).describe("Share of the requests; 1 unless said").optional(),
  key: z
    .string()
    .regex(/^[a-z][a-z0-9-]*\/[A-Za-z0-9._-]+$/, { error: "name the secret and its key, like `openai/api-key`" })
    .describe("`secret/key` with the API key")
    .optional(),
});

/** A model that clients can ask for by its name. */
export const model = z
  .strictObject({
    source: z
      .string()
      .min(1)
      .describe("Weights: hf://OWNER/REPO/FILE.gguf, a path to a GGUF file, or the name another engine knows")
      .optional(),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, { error: "a SHA-256 checksum is 64 hexadecimal digits" })
      .describe("Checksum of the weights")
      .optional(),
    engine: z
      .enum(["best", "llama.cpp", "ollama", "vllm", "openai", "simulated"])
      .describe("What answers; `best` takes what the machine has")
      .optional(),
    upstreams: z
      .union([z.url({ protocol: /^https?$/ }), z.array(upstream).min(1)])
      .describe("Servers outside that answer for it, instead of replicas of our own")
      .optional(),
    parameters: parameters.describe("Number of weights, e.g. 7B; picks the size class").optional(),
    class: name.describe("Size class, instead of the one that `parameters` picks").optional(),
    fallback: oneOrMany(z.string().min(1))
      .describe("Models asked, in order, when this one cannot answer; `simulated` lets the simulator answer last")
      .optional(),
    context: z.int().min(128).describe("Tokens of context; 4096 unless said").optional(),
    concurrency: z.int().min(1).describe("Requests that one replica works on at once").optional(),
    queue: z
      .strictObject({
        length: z.int().min(0).describe("Requests that may wait").optional(),
        deadline: duration.describe("Longest wait before 503 with Retry-After").optional(),
      })
      .describe("Waiting room in front of the model")
      .optional(),
    embeddings: z.boolean().describe("It makes embeddings, not text").optional(),
    limits: z
      .strictObject({
        requestsPerMinute: z.int().min(1).describe("Requests a minute").optional(),
        tokensPerMinute: z.int().min(1).describe("Tokens a minute").optional(),
      })
      .describe("Most that the model is asked")
      .optional(),
    ...workloadFields,
  })
  .meta({ id: "model" });

/** What a model of a size needs, used where the model says nothing itself. */
export const sizeClass = z
  .strictObject({
    parameters: parameterRange.describe("Models of this many weights, e.g. `7B..13B` or `13B..`"),
    cpu: cpuRange.describe("Request and limit").optional(),
    memory: byteRange.describe("Request and limit").optional(),
    gpu: gpu.describe("GPUs: none, optional, required, or how many").optional(),
    disk: byteRange.describe("Disk for weights").optional(),
  })
  .meta({ id: "size-class" });

/** Size classes that need no declaration. */
export const standardClasses = ["tiny", "small", "medium", "large"] as const;

export type ModelInput = z.output<typeof model>;
export type SizeClassInput = z.output<typeof sizeClass>;
