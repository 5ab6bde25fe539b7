import { KeelsonError } from "../errors/keelson-error.js";

/** Levels of a process's log, from the most detailed to none at all (https://getpino.io, "level"). */
export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

/** Debugging aids of every command. Both variables are read here and nowhere else; an empty one counts as unset. */
export interface Debugging {
  /** KEELSON_LOG: the level from which on the modules log. Default `info`. */
  readonly logLevel: LogLevel;
  /** KEELSON_DEBUG: set to any value, errors are printed with their stack trace. */
  readonly stackTraces: boolean;
}

/** Throws `usage` for an unknown level in KEELSON_LOG. */
export function debugging(environment: NodeJS.ProcessEnv): Debugging {
  const level = environment["KEELSON_LOG"] || "info";
  const logLevel = LOG_LEVELS.find((candidate) => candidate === level);
  if (logLevel === undefined)
    throw new KeelsonError("usage", `KEELSON_LOG is ${JSON.stringify(level)}, which is not a log level`, {
      hint: `log levels: ${LOG_LEVELS.join(", ")}`,
    });
  return { logLevel, stackTraces: stackTraces(environment) };
}

export function stackTraces(environment: NodeJS.ProcessEnv): boolean {
  return Boolean(environment["KEELSON_DEBUG"]);
}
