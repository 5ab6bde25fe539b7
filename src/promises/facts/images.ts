import { ENGINES } from "../../plan/engines/index.js";
import type { Bytes, Model } from "../../plan/plan.js";

const PLAIN = { bytes: 1_500_000_000, why: "an image of up to 1.5 GB" };

/** The size of the image of a unit in a registry, by the engine of the model that it serves; undefined: it serves none. */
export function imageSize(engine: Model["engine"] | undefined): { readonly bytes: Bytes; readonly why: string } {
  return engine === undefined ? PLAIN : ENGINES[engine].image;
}
