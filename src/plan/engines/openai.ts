import { type EngineDescriptor, IN_PROCESS } from "./descriptor.js";

/** An external server with the OpenAI API. */
export const openai: EngineDescriptor = {
  ...IN_PROCESS,
  builtIn: false,
  concurrency: { count: 64, why: "more concurrent requests slow each other down" },
};
