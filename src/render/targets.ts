import { argocd } from "./argocd/index.js";
import { compose } from "./compose/index.js";
import { helm } from "./helm/index.js";
import { kubernetes } from "./kubernetes/index.js";
import { kustomize } from "./kustomize/index.js";
import { prometheus } from "./prometheus/index.js";
import type { Target } from "./target.js";

/** Every target, by name. */
export const targets = {
  argocd,
  compose,
  helm,
  kubernetes,
  kustomize,
  prometheus,
} as const satisfies Readonly<Record<string, Target>>;

export type TargetName = keyof typeof targets;

export function isTargetName(name: string): name is TargetName {
  return Object.hasOwn(targets, name);
}
