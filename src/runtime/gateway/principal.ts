import type { Principal } from "../../contracts/credentials.js";

/** Whether a key may use a model at all. */
export function mayUse({ models }: Principal, model: string): boolean {
  return models === undefined || models.includes(model);
}
