import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePort } from "./peers/nginx.js";
import { descendants, pidOf, stop } from "./processes.js";

export const keelson = fileURLToPath(new URL("../../bin/keelson.js", import.meta.url));

/** A platform that `keelson up` runs for a benchmark, on a data directory of its own. */
export interface Platform {
  readonly url: string;
  readonly key: string;
  /** Pid of the process that serves every module. */
  readonly serve: number;
  readonly readyMs: number;
  stop(): Promise<void>;
}

interface Options {
  /** Platform file; the starter by default. */
  readonly text?: string;
  /** Data directory to reuse between starts; a temporary one by default. */
  readonly data?: string;
  /** `bin/keelson.js` of another checkout; that of this checkout by default. */
  readonly program?: string;
}

/** Starts the platform as a user would and waits until it is ready; rejects after 60 s. */
export async function up(options: Options = {}): Promise<Platform> {
  const directory = await mkdtemp(join(tmpdir(), "keelson-bench-"));
  const data = options.data ?? join(directory, "data");
  const file = join(directory, "platform.yaml");
  if (options.text !== undefined) await writeFile(file, options.text);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const started = performance.now();
  const child = spawn(
    process.execPath,
    [
      options.program ?? keelson,
      "up",
      ...(options.text === undefined ? [] : [file]),
      "--data",
      data,
      "--port",
      String(port),
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  let output = "";
  child.stderr.on("data", (part: Buffer) => {
    output += part.toString();
  });
  for (;;) {
    if (child.exitCode !== null) throw new Error(`keelson up exited with ${child.exitCode}:\n${output}`);
    if (performance.now() - started > 60_000) throw new Error(`keelson up was not ready within 60 s:\n${output}`);
    const ready = await fetch(`${url}/health/readiness`).then(
      (response) => response.ok,
      () => false,
    );
    if (ready) break;
    await sleep(20);
  }
  const readyMs = performance.now() - started;
  const token = (await readFile(join(data, "secrets", "internal", "operator-token"), "utf8")).trim();
  const created = await fetch(`${url}/admin/keys`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ name: "bench", scopes: ["inference"] }),
  });
  if (!created.ok) throw new Error(`cannot create a key: ${created.status} ${await created.text()}`);
  const key: unknown = Reflect.get(Object(await created.json()), "key");
  if (typeof key !== "string") throw new Error("the response contains no key");
  const serve = descendants(pidOf(child)).find(({ command }) => command.includes(" serve "));
  if (serve === undefined) throw new Error("there is no serve process");
  return {
    url,
    key,
    serve: serve.pid,
    readyMs,
    stop: async () => {
      await stop(child, "SIGINT");
      await rm(directory, { recursive: true, force: true });
    },
  };
}
