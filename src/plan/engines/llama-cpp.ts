import { type EngineDescriptor, IN_PROCESS } from "./descriptor.js";

/** llama.cpp, in a child process of the engine module. Loads GGUF files. */
export const llamaCpp: EngineDescriptor = IN_PROCESS;
