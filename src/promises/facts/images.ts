import { CUDA_IMAGE, ENGINES } from "../../plan/engines/index.js";
import type { Bytes, Model, Unit } from "../../plan/plan.js";

interface ImageSize {
  readonly bytes: Bytes;
  readonly why: string;
}

const PLAIN: ImageSize = { bytes: 1_500_000_000, why: "an image of up to 1.5 GB" };

/** The size of the image of a unit in a registry: by the engine of the model that it serves, otherwise by whether it uses GPUs. */
export function imageSize({ resources }: Unit, engine: Model["engine"] | undefined): ImageSize {
  if (engine !== undefined) return ENGINES[engine].image;
  return resources.gpu.count > 0 ? CUDA_IMAGE : PLAIN;
}
