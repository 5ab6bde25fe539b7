import { type EngineDescriptor, IN_PROCESS } from "./descriptor.js";

/** The simulator: generates marked text without weights. */
export const simulated: EngineDescriptor = IN_PROCESS;
