import type { Model, ModelSource, Resources } from "./plan.js";

/** A program that serves models by itself, as a container of its own image. */
export interface ModelServer {
  readonly image: string;
  readonly port: number;
  /** Route that answers when it can be asked. */
  readonly health: string;
  command(model: Model, resources: Resources, port: number): string[];
}

/** Engines with a server of their own. */
export const MODEL_SERVERS: { readonly [Engine in Model["engine"]]?: ModelServer } = {
  vllm: { image: "docker.io/vllm/vllm-openai:v0.11.0", port: 8000, health: "/health", command: vllmArguments },
  ollama: { image: "docker.io/ollama/ollama:0.12.6", port: 11_434, health: "/api/version", command: ollamaStart },
};

/** Where a server fetches the weights from that only its engine knows by name; undefined where it fetches none. */
export function registryOf({ engine, source }: Model): string | undefined {
  if (engine === "vllm") return source.kind === "name" ? "https://huggingface.co" : undefined;
  return engine === "ollama" && pulls(source) ? "https://registry.ollama.ai" : undefined;
}

/** A library knows models by name alone. */
function pulls({ kind }: ModelSource): boolean {
  return kind === "name" || kind === "none";
}

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

/**
 * Ollama serves what it has and fetches nothing that it is asked for: so the model is pulled first, by a server that
 * nobody else reaches. Whoever finds the port open finds the model.
 */
function ollamaStart({ name, source }: Model, _resources: Resources, port: number): string[] {
  if (!pulls(source)) return [];
  const script = [
    "set -eu",
    `export OLLAMA_HOST=127.0.0.1:${port + 1}`,
    "ollama serve &",
    "server=$!",
    'until ollama pull "$0"; do sleep 5; done',
    'kill "$server"',
    'wait "$server" || true',
    `export OLLAMA_HOST=0.0.0.0:${port}`,
    "exec ollama serve",
  ];
  return ["sh", "-c", script.join("\n"), source.kind === "name" ? source.name : name];
}
