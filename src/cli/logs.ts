import { open, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readdirIfPresent } from "../disk/read.js";
import { KeelsonError } from "../errors/keelson-error.js";
import { layout } from "../local/layout.js";
import { coloursFor } from "./colours.js";
import { type ConnectionOptions, findData } from "./connection.js";
import { print, printJsonLine } from "./output.js";

export interface LogsOptions extends ConnectionOptions {
  readonly follow?: boolean;
  readonly lines: number;
  readonly json?: boolean;
}

interface Line {
  readonly from: string;
  readonly text: string;
  /** Epoch milliseconds; undefined if the line has no timestamp. */
  readonly at: number | undefined;
}

const MAX_READ_BYTES = 1024 * 1024;
const FOLLOW_INTERVAL_MS = 200;

const paint = coloursFor(process.stdout, process.env);

/** `keelson logs`. */
export async function logs(name: string | undefined, options: LogsOptions): Promise<void> {
  const directory = layout(await findData(options)).logs;
  const files = await logFiles(directory, name);
  const ends = new Map<string, number>();
  const lines: Line[] = [];
  for (const file of files) {
    const start = Math.max(0, (await stat(file)).size - MAX_READ_BYTES);
    const { text, end } = await readFrom(file, start);
    ends.set(file, end);
    // The first line is incomplete if reading started in the middle of the file.
    const complete = parse(file, text).slice(start > 0 ? 1 : 0);
    lines.push(...complete.slice(options.lines === 0 ? Number.POSITIVE_INFINITY : -options.lines));
  }
  for (const line of lines.sort((a, b) => (a.at ?? 0) - (b.at ?? 0))) printLine(line, options);
  if (options.follow) await follow(directory, name, ends, options);
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
  options: LogsOptions,
): Promise<void> {
  for (;;) {
    await sleep(FOLLOW_INTERVAL_MS);
    for (const file of await logFiles(directory, name)) {
      const { text, end } = await readFrom(file, ends.get(file) ?? 0);
      ends.set(file, end);
      for (const line of parse(file, text)) printLine(line, options);
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

function parse(file: string, text: string): Line[] {
  const from = basename(file, ".log");
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => ({ from, text: line, at: timeOf(line) }));
}

/** The timestamp of a line: `time` in the modules' JSON, `2025-11-21 08:01:02.345 UTC` at the start of PostgreSQL's lines. */
function timeOf(line: string): number | undefined {
  const json = /"time":(\d{12,})/.exec(line);
  if (json) return Number(json[1]);
  const stamp = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d\.\d+) UTC/.exec(line);
  return stamp ? Date.parse(`${stamp[1]}T${stamp[2]}Z`) : undefined;
}

function printLine(line: Line, options: LogsOptions): void {
  if (options.json) {
    printJsonLine({ process: line.from, time: line.at, line: line.text });
    return;
  }
  const { level, message } = readable(line.text);
  const coloured = level >= 50 ? paint.red(message) : level >= 40 ? paint.yellow(message) : message;
  const time = line.at === undefined ? "            " : new Date(line.at).toISOString().slice(11, 23);
  print(`${paint.dim(time)} ${paint.bold(line.from.padEnd(10))} ${coloured}\n`);
}

const HIDDEN = new Set(["level", "time", "pid", "hostname", "msg", "unit"]);

function readable(text: string): { level: number; message: string } {
  const fields = jsonObject(text);
  if (!fields) return { level: /\b(FATAL|PANIC|ERROR):/.test(text) ? 50 : 30, message: text };
  const rest = [...fields].filter(([name]) => !HIDDEN.has(name)).map(([name, value]) => `${name}=${short(value)}`);
  const unit = fields.get("unit");
  const from = typeof unit === "string" ? `${unit}: ` : "";
  return {
    level: Number(fields.get("level") ?? 30),
    message: `${from}${String(fields.get("msg") ?? "")} ${paint.dim(rest.join(" "))}`,
  };
}

function short(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function jsonObject(text: string): Map<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? new Map(Object.entries(value)) : undefined;
  } catch {
    return undefined;
  }
}
