import { type ModuleDescriptor, PLAIN_MODULE } from "./descriptor.js";

/** Serves models: runs llama.cpp or the simulator, or calls the server of another engine. */
export const engine = {
  ...PLAIN_MODULE,
  needs: [],
  remote: "per-model",
  tokens: ["engines"],
  routes: [],
} as const satisfies ModuleDescriptor;
