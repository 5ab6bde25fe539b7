import type { Model, Resources } from "../plan.js";
import type { EngineDescriptor } from "./descriptor.js";

/** vLLM's own OpenAI server. */
export const vllm: EngineDescriptor = {
  builtIn: false,
  server: { image: "docker.io/vllm/vllm-openai:v0.11.0", port: 8000, health: "/health", command: vllmArguments },
  requiresGpu: true,
  concurrency: { count: 64, why: "continuous batching serves many concurrent requests" },
  registry: (source) => (source.kind === "name" ? "https://huggingface.co" : undefined),
};

function vllmArguments(model: Model, resources: Resources, port: number): string[] {
  const { source } = model;
  const weights =
    source.kind === "huggingface"
      ? source.url.replace(/^hf:\/\//, "")
      : source.kind === "name"
        ? source.name
        : model.name;
  return [
    "--model",
    source.kind === "file" ? source.file : weights,
    "--served-model-name",
    model.name,
    "--port",
    String(port),
    "--max-model-len",
    String(model.context),
    ...(resources.gpu.count > 1 ? ["--tensor-parallel-size", String(resources.gpu.count)] : []),
  ];
}
