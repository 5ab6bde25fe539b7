import type { Image } from "../plan/plan.js";

/** `repository:tag`, or `repository@digest`, which wins because it cannot be moved. */
export function imageReference(image: Image): string {
  if (image.digest !== undefined) return `${image.repository}@${image.digest}`;
  return image.tag === undefined ? image.repository : `${image.repository}:${image.tag}`;
}
