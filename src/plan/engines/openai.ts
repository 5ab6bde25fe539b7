import { type EngineDescriptor, IN_PROCESS } from "./descriptor.js";

/** An external server with the OpenAI API. */
export const openai: EngineDescriptor = {
  ...IN_PROCESS,
  builtIn: false,
  concurrency: { count: 64, why: "more at the same time slow each other down" },
};
