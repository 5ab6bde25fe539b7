/** Levels of log lines by name, with pino's numbers. */
export const LOG_LEVELS = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60 } as const;

export type LogLevel = keyof typeof LOG_LEVELS;

/** One line of the log of a process. */
export interface LogLine {
  readonly process: string;
  /** Epoch milliseconds; undefined if the line has no timestamp. */
  readonly at: number | undefined;
  /** One of `LOG_LEVELS`, or a number between them. */
  readonly level: number;
  readonly message: string;
  /** The fields that a module logged besides the message. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Fields that are shown otherwise, or are the same in every line of a process. */
const HIDDEN: ReadonlySet<string> = new Set(["level", "time", "pid", "hostname", "msg"]);

/** PostgreSQL's routine messages of the checkpointer, which would hide the others. */
const ROUTINE = /\bLOG: {2}(?:checkpoint|restartpoint) (?:starting|complete)/;
const FAILURE = /\b(?:FATAL|PANIC|ERROR): /;
const WARNING = /\bWARNING: /;
const STAMP = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d\.\d+) UTC(?: \[\d+\])? ?/;

/** Reads a line: the modules' JSON, or a line of PostgreSQL with its timestamp (`2025-11-21 08:01:02.345 UTC`). */
export function readLogLine(process: string, text: string): LogLine {
  const object = jsonObject(text);
  if (object) {
    const { time, level, msg } = object;
    return {
      process,
      at: typeof time === "number" ? time : undefined,
      level: typeof level === "number" ? level : LOG_LEVELS.info,
      message: typeof msg === "string" ? msg : "",
      fields: Object.fromEntries(Object.entries(object).filter(([name]) => !HIDDEN.has(name))),
    };
  }
  const stamp = STAMP.exec(text);
  return {
    process,
    at: stamp ? Date.parse(`${stamp[1]}T${stamp[2]}Z`) : undefined,
    level: levelOf(text),
    message: stamp ? text.slice(stamp[0].length) : text,
    fields: {},
  };
}

/** Conditions that every line in the output meets. */
export interface LogFilter {
  readonly level: number;
  /** Epoch milliseconds. A line without a timestamp belongs to the line before it, and is judged like an old one. */
  readonly since: number | undefined;
  /** Text that the line contains, without regard to case. */
  readonly grep: string | undefined;
}

export function matches(line: LogLine, text: string, { level, since, grep }: LogFilter): boolean {
  if (line.level < level) return false;
  if (since !== undefined && (line.at === undefined || line.at < since)) return false;
  return grep === undefined || text.toLowerCase().includes(grep.toLowerCase());
}

function levelOf(text: string): number {
  if (FAILURE.test(text)) return LOG_LEVELS.error;
  if (WARNING.test(text)) return LOG_LEVELS.warn;
  return ROUTINE.test(text) ? LOG_LEVELS.debug : LOG_LEVELS.info;
}

function jsonObject(text: string): Readonly<Record<string, unknown>> | undefined {
  if (!text.startsWith("{")) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
