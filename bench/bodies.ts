import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { type Platform, up } from "./platform.js";
import { peakMiB, residentMiB } from "./processes.js";
import type { Figure } from "./report.js";

const REQUESTS = 16;
const BODY_BYTES = 20 * 1024 * 1024;
/** After the last response, until memory is measured: it is returned to the system within seconds. */
const SETTLE_MS = 15_000;
/** The memory of the gateway's container (src/modules/gateway.ts): above it the kernel would end the process. */
const CONTAINER_MIB = 512;

const answer = JSON.stringify({
  choices: [{ index: 0, message: { role: "assistant", content: "Aye" }, text: "Aye", finish_reason: "stop" }],
  usage: { prompt_tokens: 10, completion_tokens: 1 },
});

/** A server that answers when it has the whole body, and a second later, so that bodies are held at the same time. */
async function startSlowServer(): Promise<{ readonly url: string; close(): void }> {
  const server = createServer((request, response) => {
    request.resume();
    request.on("end", () =>
      setTimeout(() => response.writeHead(200, { "content-type": "application/json" }).end(answer), 1_000),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() };
}

const created = z.object({ key: z.string() });

/** Keys of organisations of their own: one organisation alone may hold a quarter of the memory. */
async function keysOf(platform: Platform, data: string): Promise<readonly string[]> {
  const token = (await readFile(join(data, "secrets", "internal", "operator-token"), "utf8")).trim();
  const call = async (path: string, body: unknown): Promise<unknown> => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const response = await fetch(`${platform.url}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${path} returned ${response.status}: ${await response.text()}`);
    return response.json();
  };
  const keys: string[] = [];
  for (let index = 0; index < REQUESTS; index += 1) {
    const organisation = `bench-${index}`;
    await call("/admin/organisations", { id: organisation });
    keys.push(created.parse(await call("/admin/keys", { name: "bench", organisation, scopes: ["inference"] })).key);
  }
  return keys;
}

/** Sends the requests at once; returns how many were answered. Others were refused with 503: there is no memory for them. */
async function sendAll(platform: Platform, keys: readonly string[], path: string): Promise<number> {
  const content = "All hands on deck. ".repeat(Math.ceil(BODY_BYTES / 19));
  const body = JSON.stringify({ model: "bench", stream: false, messages: [{ role: "user", content }] });
  const statuses = await Promise.all(
    keys.map(async (key) => {
      const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
      const response = await fetch(`${platform.url}${path}`, { method: "POST", headers, body });
      await response.text();
      return response.status;
    }),
  );
  const unexpected = statuses.find((status) => status !== 200 && status !== 503);
  if (unexpected !== undefined) throw new Error(`a request returned ${unexpected}`);
  return statuses.filter((status) => status === 200).length;
}

/** The resident memory of the process that runs the gateway (and every other module) with large bodies. */
export async function bodies(): Promise<Figure[]> {
  const directory = await mkdtemp(join(tmpdir(), "keelson-bodies-"));
  const server = await startSlowServer();
  const data = join(directory, "data");
  const platform = await up({
    data,
    text: `platform: bodies
services:
  gateway: { modules: [gateway, accounts, usage], calls: [database, bench], expose: true }
models: { bench: { upstreams: "${server.url}", concurrency: 64 } }
stores: { database: { postgres: 17, size: 512Mi } }
`,
  });
  try {
    const keys = await keysOf(platform, data);
    const before = residentMiB(platform.serve);
    const figures: Figure[] = [];
    for (const [name, path] of [
      ["OpenAI API", "/v1/chat/completions"],
      ["Ollama API", "/api/chat"],
    ] as const) {
      const answered = await sendAll(platform, keys, path);
      const peak = peakMiB(platform.serve);
      await sleep(SETTLE_MS);
      const after = residentMiB(platform.serve);
      figures.push(
        {
          what: `${name}, ${REQUESTS} requests with 20 MiB at once (${answered} answered, the others 503): peak`,
          measured: `${Math.round(before)} → ${Math.round(peak)} MiB`,
          against: "limit of the container",
          target: `< ${CONTAINER_MIB} MiB`,
          met: peak < CONTAINER_MIB,
        },
        {
          what: `${name}, ${SETTLE_MS / 1000} s later`,
          measured: `${Math.round(after)} MiB`,
          against: "limit",
          target: "< 250 MiB",
          met: after < 250,
        },
      );
    }
    return figures;
  } finally {
    await platform.stop();
    server.close();
    await rm(directory, { recursive: true, force: true });
  }
}
