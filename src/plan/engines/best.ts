import { type EngineDescriptor, IN_PROCESS } from "./descriptor.js";

/** The best engine that the machine has, selected by the engine module at start. */
export const best: EngineDescriptor = { ...IN_PROCESS, builtIn: false };
