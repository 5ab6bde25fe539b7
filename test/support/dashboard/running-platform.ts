import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { freePort } from "../database/postgres.js";

/** A platform started by `keelson up` with its own data directory. */
export interface RunningPlatform {
  readonly url: string;
  readonly firstKey: string;
  /** Signs in once. */
  readonly signIn: string;
  readonly data: string;
  call(method: string, path: string, body?: unknown): Promise<Response>;
  /** Stops it and keeps its data; `back` starts it again on the same port. */
  away(): Promise<void>;
  back(): Promise<void>;
  stop(): Promise<void>;
}

const program = fileURLToPath(new URL("../../../bin/keelson.js", import.meta.url));
/** The output of the first start of a data directory. */
const welcome = z.object({ url: z.string(), firstKey: z.string(), signIn: z.string() });

/** Starts the starter, or the platform file that is given as text. */
export async function startPlatform(text?: string): Promise<RunningPlatform> {
  const directory = await mkdtemp(join(tmpdir(), "keelson-dashboard-"));
  const data = join(directory, "data");
  const port = await freePort();
  const file = text === undefined ? [] : [join(directory, "platform.yaml")];
  if (text !== undefined) await writeFile(join(directory, "platform.yaml"), text);
  const start = () => up([...file, "--data", data, "--port", String(port), "--json"]);
  let child: ChildProcess | undefined;
  try {
    const first = await start();
    child = first.child;
    const { url, firstKey, signIn } = welcome.parse(first.said);
    return {
      url,
      firstKey,
      signIn,
      data,
      call: (method, path, body) =>
        fetch(`${url}${path}`, {
          method,
          headers: {
            authorization: `Bearer ${firstKey}`,
            ...(body === undefined ? {} : { "content-type": "application/json" }),
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        }),
      async away() {
        if (child) await end(child);
      },
      async back() {
        child = (await start()).child;
      },
      async stop() {
        if (child) await end(child);
        await rm(directory, { recursive: true, force: true });
      },
    };
  } catch (error) {
    if (child) await end(child);
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}

async function up(args: readonly string[]): Promise<{ readonly child: ChildProcess; readonly said: unknown }> {
  const child = spawn(process.execPath, [program, "up", ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  try {
    return { child, said: JSON.parse(await firstLine(child, () => errors)) };
  } catch (error) {
    await end(child);
    throw error;
  }
}

function firstLine(child: ChildProcess, errors: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`keelson up said nothing for a minute:\n${errors()}`)), 60_000);
    let text = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      if (!text.includes("\n")) return;
      clearTimeout(timer);
      resolve(text.slice(0, text.indexOf("\n")));
    });
    child.once("exit", (code) => {
      clearTimeout(timer);
      reject(new Error(`keelson up exited with ${code}:\n${errors()}`));
    });
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), 30_000);
  await exited;
  clearTimeout(timer);
}
