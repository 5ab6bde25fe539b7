import type { Model } from "../plan.js";
import { best } from "./best.js";
import type { EngineDescriptor } from "./descriptor.js";
import { llamaCpp } from "./llama-cpp.js";
import { ollama } from "./ollama.js";
import { openai } from "./openai.js";
import { simulated } from "./simulated.js";
import { vllm } from "./vllm.js";

export { CUDA_IMAGE, type EngineDescriptor, type ModelServer } from "./descriptor.js";

/** Every engine that a model can have. A new engine is one line here, and the compiler names what else it needs. */
export const ENGINES: Readonly<Record<Model["engine"], EngineDescriptor>> = {
  best,
  "llama.cpp": llamaCpp,
  ollama,
  vllm,
  openai,
  simulated,
};
