import { exactImage } from "../images.js";
import { nameAtServer } from "../model-source.js";
import type { Model, ModelSource, Resources } from "../plan.js";
import { type EngineDescriptor, IN_PROCESS } from "./descriptor.js";

/** Ollama's server, which pulls models from its library by name. */
export const ollama: EngineDescriptor = {
  ...IN_PROCESS,
  builtIn: false,
  server: {
    image: exactImage("ollama"),
    port: 11_434,
    health: "/api/version",
    exportsMetrics: false,
    // The network policy and the publication of ports restrict access. `[::]` accepts IPv4 as well (Go, net.Listen).
    environment: { OLLAMA_HOST: "[::]:11434" },
    command: ollamaStart,
  },
  registry: (sources) => (pulls(sources) ? "https://registry.ollama.ai" : undefined),
};

/** The library identifies models by name only. */
function pulls(sources: readonly ModelSource[]): boolean {
  return sources.length === 0 || sources.some(({ kind }) => kind === "name");
}

/**
 * Ollama does not download a model on request. A server that only listens on loopback pulls it first; once the public
 * port is open, the model is available.
 */
function ollamaStart(model: Model, _resources: Resources, port: number): string[] {
  if (!pulls(model.sources)) return [];
  const script = [
    "set -eu",
    `export OLLAMA_HOST=127.0.0.1:${port + 1}`,
    "ollama serve &",
    "server=$!",
    'until ollama pull "$0"; do sleep 5; done',
    'kill "$server"',
    'wait "$server" || true',
    `export OLLAMA_HOST=[::]:${port}`,
    "exec ollama serve",
  ];
  return ["sh", "-c", script.join("\n"), nameAtServer(model)];
}
