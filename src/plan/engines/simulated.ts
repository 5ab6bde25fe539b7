import { type EngineDescriptor, IN_PROCESS } from "./descriptor.js";

/** The simulator: generates marked text without weights. */
export const simulated: EngineDescriptor = {
  ...IN_PROCESS,
  simulator: true,
  image: { bytes: 1_500_000_000, why: "the image of Keelson, without a model" },
};
