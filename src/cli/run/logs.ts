import { open, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readdirIfPresent } from "../../disk/read.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { layout } from "../../local/layout.js";
import { type ConnectionOptions, findData } from "../platform/connection.js";
import { coloursFor } from "../terminal/colours.js";
import { readMoment } from "../terminal/moment.js";
import { print, printJsonLine } from "../terminal/output.js";
import { LOG_LEVELS, type LogFilter, type LogLevel, type LogLine, matches, readLogLine } from "./log-line.js";

export interface LogsOptions extends ConnectionOptions {
  readonly follow?: boolean;
  readonly lines: number;
  readonly since?: string;
  readonly level: LogLevel;
  readonly grep?: string;
  readonly json?: boolean;
}

const MAX_READ_BYTES = 1024 * 1024;
const FOLLOW_INTERVAL_MS = 200;

const paint = coloursFor(process.stdout, process.env);

/** `keelson logs`. */
export async function logs(name: string | undefined, options: LogsOptions): Promise<void> {
  const directory = layout(await findData(options)).logs;
  const filter = filterOf(options);
  const ends = new Map<string, number>();
  const lines: LogLine[] = [];
  for (const file of await logFiles(directory, name)) {
    const start = Math.max(0, (await stat(file)).size - MAX_READ_BYTES);
    const { text, end } = await readFrom(file, start);
    ends.set(file, end);
    // The first line is incomplete if reading started in the middle of the file.
    lines.push(...parse(file, start > 0 ? text.slice(text.indexOf("\n") + 1) : text, filter));
  }
  lines.sort((a, b) => (a.at ?? 0) - (b.at ?? 0));
  const shown = options.lines === 0 ? [] : lines.slice(-options.lines);
  for (const line of shown) printLine(line, options);
  if (options.follow) await follow(directory, name, ends, filter, options);
}

function filterOf({ level, since, grep }: LogsOptions): LogFilter {
  return {
    level: LOG_LEVELS[level],
    since: since === undefined ? undefined : Date.parse(readMoment("--since", since, "ago", Date.now())),
    grep,
  };
}

async function logFiles(directory: string, name: string | undefined): Promise<string[]> {
  const names = ((await readdirIfPresent(directory)) ?? [])
    .map(({ name }) => name)
    .filter((file) => file.endsWith(".log") && file !== "up.log");
  const selected = name === undefined ? names : names.filter((file) => basename(file, ".log") === name);
  if (selected.length === 0)
    throw new KeelsonError(
      "logs/unknown",
      name === undefined ? `there are no logs in ${directory}` : `there is no log of a process ${name}`,
      {
        hint:
          names.length > 0
            ? `processes with a log: ${names.map((file) => basename(file, ".log")).join(", ")}`
            : "start it: keelson up",
      },
    );
  return selected.map((file) => join(directory, file));
}

async function follow(
  directory: string,
  name: string | undefined,
  ends: Map<string, number>,
  filter: LogFilter,
  options: LogsOptions,
): Promise<void> {
  for (;;) {
    await sleep(FOLLOW_INTERVAL_MS);
    for (const file of await logFiles(directory, name)) {
      const { text, end } = await readFrom(file, ends.get(file) ?? 0);
      ends.set(file, end);
      for (const line of parse(file, text, filter)) printLine(line, options);
    }
  }
}

/** The complete lines from `position` on, and the position after them. A line that is being written is read when it is complete. */
async function readFrom(file: string, position: number): Promise<{ text: string; end: number }> {
  const handle = await open(file, "r");
  try {
    const { size } = await handle.stat();
    // The file is shorter than before: it was truncated and is read from its start.
    const start = size < position ? 0 : position;
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - start), 0, size - start, start);
    const length = buffer.subarray(0, bytesRead).lastIndexOf("\n") + 1;
    return { text: buffer.toString("utf8", 0, length), end: start + length };
  } finally {
    await handle.close();
  }
}

function parse(file: string, text: string, filter: LogFilter): LogLine[] {
  const from = basename(file, ".log");
  return text.split("\n").flatMap((line) => {
    if (line.trim() === "") return [];
    const read = readLogLine(from, line);
    return matches(read, line, filter) ? [read] : [];
  });
}

function printLine({ process: name, at, level, message, fields }: LogLine, options: LogsOptions): void {
  if (options.json) {
    printJsonLine({
      process: name,
      time: at === undefined ? null : new Date(at).toISOString(),
      level,
      message,
      ...fields,
    });
    return;
  }
  const coloured =
    level >= LOG_LEVELS.error ? paint.red(message) : level >= LOG_LEVELS.warn ? paint.yellow(message) : message;
  const time = at === undefined ? "            " : new Date(at).toISOString().slice(11, 23);
  const { unit, ...others } = fields;
  const from = typeof unit === "string" ? `${unit}: ` : "";
  const rest = Object.entries(others).map(([field, value]) => `${field}=${short(value)}`);
  print(
    `${paint.dim(time)} ${paint.bold(name.padEnd(10))} ${from}${coloured}${rest.length > 0 ? ` ${paint.dim(rest.join(" "))}` : ""}\n`,
  );
}

function short(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
