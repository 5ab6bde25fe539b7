import { open, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readdirIfPresent } from "../disk/read.js";
import { KeelsonError } from "../errors/keelson-error.js";
import { layout } from "../local/layout.js";
import { coloursFor } from "./colours.js";
import { type ConnectionOptions, findData } from "./connection.js";

export interface LogsOptions extends ConnectionOptions {
  readonly follow?: boolean;
  readonly lines: number;
  readonly json?: boolean;
}

interface Line {
  readonly from: string;
  readonly text: string;
  /** Epoch milliseconds; undefined where the line does not say. */
  readonly at: number | undefined;
}

const paint = coloursFor(process.stdout, process.env);

/** `keelson logs`. */
export async function logs(name: string | undefined, options: LogsOptions): Promise<void> {
  const directory = layout(await findData(options)).logs;
  const files = await logFiles(directory, name);
  const ends = new Map<string, number>();
  const lines: Line[] = [];
  for (const file of files) {
    const begin = Math.max(0, (await stat(file)).size - 1024 * 1024);
    const { text, end } = await readFrom(file, begin);
    ends.set(file, end);
    // The first line of a piece from the middle is cut.
    const whole = parse(file, text).slice(begin > 0 ? 1 : 0);
    lines.push(...whole.slice(options.lines === 0 ? Number.POSITIVE_INFINITY : -options.lines));
  }
  for (const line of lines.sort((a, b) => (a.at ?? 0) - (b.at ?? 0))) print(line, options);
  if (options.follow) await follow(directory, name, ends, options);
}

async function logFiles(directory: string, name: string | undefined): Promise<string[]> {
  const names = ((await readdirIfPresent(directory)) ?? [])
    .map(({ name }) => name)
    .filter((file) => file.endsWith(".log") && file !== "up.log");
  const wanted = name === undefined ? names : names.filter((file) => basename(file, ".log") === name);
  if (wanted.length === 0)
    throw new KeelsonError(
      "logs/unknown",
      name === undefined ? `there are no logs in ${directory}` : `no process ${name} has a log`,
      {
        hint:
          names.length > 0
            ? `there are: ${names.map((file) => basename(file, ".log")).join(", ")}`
            : "start it: keelson up",
      },
    );
  return wanted.map((file) => join(directory, file));
}

async function follow(
  directory: string,
  name: string | undefined,
  ends: Map<string, number>,
  options: LogsOptions,
): Promise<void> {
  for (;;) {
    await sleep(200);
    for (const file of await logFiles(directory, name)) {
      const { text, end } = await readFrom(file, ends.get(file) ?? 0);
      ends.set(file, end);
      for (const line of parse(file, text)) print(line, options);
    }
  }
}

/** Whole lines from `position` on, and where they end: a line that is still being written is read once it is whole. */
async function readFrom(file: string, position: number): Promise<{ text: string; end: number }> {
  const handle = await open(file, "r");
  try {
    const { size } = await handle.stat();
    // Shorter than before: it was begun anew.
    const start = size < position ? 0 : position;
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - start), 0, size - start, start);
    const whole = buffer.subarray(0, bytesRead).lastIndexOf("\n") + 1;
    return { text: buffer.toString("utf8", 0, whole), end: start + whole };
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

/** The modules' lines are JSON with `time`; PostgreSQL's begin with `2025-11-21 08:01:02.345 UTC`. */
function timeOf(line: string): number | undefined {
  const json = /"time":(\d{12,})/.exec(line);
  if (json) return Number(json[1]);
  const stamp = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d\.\d+) UTC/.exec(line);
  return stamp ? Date.parse(`${stamp[1]}T${stamp[2]}Z`) : undefined;
}

function print(line: Line, options: LogsOptions): void {
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ process: line.from, time: line.at, line: line.text })}\n`);
    return;
  }
  const { level, message } = readable(line.text);
  const marked = level >= 50 ? paint.red(message) : level >= 40 ? paint.yellow(message) : message;
  const time = line.at === undefined ? "            " : new Date(line.at).toISOString().slice(11, 23);
  process.stdout.write(`${paint.dim(time)} ${paint.bold(line.from.padEnd(10))} ${marked}\n`);
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
