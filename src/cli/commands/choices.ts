import type { UsageDimension } from "../../contracts/usage.js";
import { MODULE_NAMES } from "../../modules/index.js";
import type { DrillFault } from "../../recovery/drills/faults/index.js";
import type { targets } from "../../render/targets.js";
import type { CurrentValues } from "../completion/current-values.js";
import type { LogLevel } from "../run/log-line.js";

/**
 * Values that options accept, repeated here so that `--help` loads no implementation. `exhaustive` compares each list with
 * the type of its table: a missing or unknown value is a compile error.
 */
export const DRILL_FAULTS = exhaustive<DrillFault>()(["process-crash", "database-loss", "backup-corruption"]);
export const TARGETS = exhaustive<keyof typeof targets>()([
  "argocd",
  "compose",
  "helm",
  "kubernetes",
  "kustomize",
  "prometheus",
]);
export const MODULES: readonly string[] = MODULE_NAMES;

export const LOG_LEVEL_NAMES = exhaustive<LogLevel>()(["trace", "debug", "info", "warn", "error", "fatal"]);

export const CURRENT_VALUES = exhaustive<CurrentValues>()([
  "environments",
  "models",
  "backups",
  "drills",
  "keys",
  "processes",
  "users",
  "organisations",
]);

export const USAGE_DIMENSIONS = exhaustive<UsageDimension>()(["minute", "hour", "day", "model", "key", "organisation"]);

/** Accepts a list only if it names every member of `Union`. */
function exhaustive<Union extends string>() {
  return <const List extends readonly Union[]>(
    list: List &
      (Exclude<Union, List[number]> extends never ? unknown : { readonly missing: Exclude<Union, List[number]> }),
  ): readonly Union[] => list;
}
