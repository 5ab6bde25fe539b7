import { setTimeout as sleep } from "node:timers/promises";
import { Agent, request } from "undici";
import { isSystemError } from "../../disk/disk-errors.js";
import { messageOf } from "../../errors/thrown.js";
import { socketConnector } from "../../unix-sockets/socket-url.js";
import { isAnswer, type Probe } from "./probes.js";
import type { Sample } from "./sample.js";

/** Requests at a steady rate, until it is stopped. */
export interface Load {
  readonly samples: readonly Sample[];
  /** Stops sending; resolves once every request in flight has ended. */
  stop(): Promise<void>;
}

/** After this long without a complete response a request has failed. */
const REQUEST_TIMEOUT_MS = 10_000;
/** With this many requests in flight, the next one fails without being sent. */
const MAX_IN_FLIGHT = 400;

/**
 * Open-loop load: sends `ratePerSecond` requests by the clock, whatever happens to earlier ones. `work` resolves to the
 * reference of an acknowledged request, and rejects if it failed.
 */
export function steadyLoad(ratePerSecond: number, kind: Sample["kind"], work: (n: number) => Promise<string>): Load {
  const samples: Sample[] = [];
  const inFlight = new Set<Promise<void>>();
  let running = true;

  async function one(n: number): Promise<void> {
    const sent = Date.now();
    try {
      if (inFlight.size >= MAX_IN_FLIGHT) throw new Error(`not sent: ${MAX_IN_FLIGHT} are in flight`);
      const reference = await work(n);
      samples.push({ kind, sent, ended: Date.now(), ok: true, reference });
    } catch (error) {
      samples.push({ kind, sent, ended: Date.now(), ok: false, reference: undefined, reason: reasonOf(error) });
    }
  }

  async function run(): Promise<void> {
    const started = performance.now();
    for (let n = 0; running; n += 1) {
      const due = started + (n * 1000) / ratePerSecond;
      await sleep(Math.max(0, due - performance.now()));
      if (!running) return;
      const work = one(n);
      inFlight.add(work);
      void work.finally(() => inFlight.delete(work));
    }
  }

  const loop = run();
  return {
    samples,
    async stop() {
      running = false;
      await loop;
      await Promise.all(inFlight);
    },
  };
}

function reasonOf(error: unknown): string {
  if (error instanceof Error && /Timeout/.test(error.name)) return "timeout";
  // undici wraps the error of the connection: `connect ECONNREFUSED 127.0.0.1:8080`.
  return isSystemError(error) ? error.code : messageOf(error);
}

export interface RequestLoad {
  readonly url: string;
  readonly apiKey: string;
  readonly model: string;
  readonly ratePerSecond: number;
}

/** Chat requests over HTTP. A complete successful response acknowledges one; the ledger must contain its id afterwards. */
export function chatLoad(chats: RequestLoad): Load {
  const agent = chatAgent();
  const load = steadyLoad(chats.ratePerSecond, "request", (n) => chat(agent, chats, n));
  return {
    samples: load.samples,
    async stop() {
      await load.stop();
      await agent.destroy();
    },
  };
}

/** So many chats at once measure what a model answers per second. */
const MEASURED_CHATS = 8;
/** Of what the model answers, the load is this part: it must recover from the fault, and not from the load. */
const LOAD_FRACTION = 0.5;
const MIN_RATE_PER_SECOND = 1;

/**
 * The rate of chats per second, at most `max`, that a model answers without falling behind: a part of what it answers of several
 * chats at once. The lowest rate if one of them fails: a machine that does not answer eight chats in time must not get more load, and a platform
 * that answers none is reported before the fault.
 */
export async function sustainableRate(clients: Omit<RequestLoad, "ratePerSecond">, max: number): Promise<number> {
  const agent = chatAgent();
  try {
    // The first one may wait for the model to be loaded.
    await chat(agent, clients, 0);
    const startedAt = performance.now();
    await Promise.all(Array.from({ length: MEASURED_CHATS }, (_, n) => chat(agent, clients, n)));
    const perSecond = (MEASURED_CHATS * 1000) / (performance.now() - startedAt);
    return Math.min(max, Math.max(MIN_RATE_PER_SECOND, Math.floor(perSecond * LOAD_FRACTION)));
  } catch {
    return MIN_RATE_PER_SECOND;
  } finally {
    await agent.destroy();
  }
}

function chatAgent(): Agent {
  return new Agent({
    connections: 64,
    headersTimeout: REQUEST_TIMEOUT_MS,
    bodyTimeout: REQUEST_TIMEOUT_MS,
    connect: { timeout: 2000 },
  });
}

/** One chat; resolves to its id, or rejects if it is not answered. */
async function chat(
  agent: Agent,
  { url, apiKey, model }: Omit<RequestLoad, "ratePerSecond">,
  n: number,
): Promise<string> {
  const { statusCode, headers, body } = await request(`${url}/v1/chat/completions`, {
    method: "POST",
    dispatcher: agent,
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
    body: JSON.stringify({ model, max_tokens: 8, messages: [{ role: "user", content: `drill ${n}` }] }),
  });
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`status ${statusCode}`);
  if (!isAnswer("chat", text)) throw new Error("status 200 without a completion");
  const id = headers["x-request-id"];
  if (typeof id !== "string") throw new Error("status 200 without an x-request-id");
  return id;
}

export interface ProbeLoad {
  readonly url: string;
  /** API key or operator token. */
  readonly credential: string;
  readonly probe: Probe;
  readonly ratePerSecond: number;
}

/** Probes one element at a steady rate. Status 200 with the requested content is a success. */
export function probeLoad({ url, credential, probe, ratePerSecond }: ProbeLoad): Load {
  const agent = new Agent({ connections: 8, connect: socketConnector({ timeout: 2000 }) });
  const { path, accept, body: sent } = probe;
  const load = steadyLoad(ratePerSecond, "probe", async () => {
    const { statusCode, body } = await request(`${url}${path}`, {
      dispatcher: agent,
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      headers: { authorization: `Bearer ${credential}`, accept, ...(sent && { "content-type": "application/json" }) },
      ...(sent ? { method: "POST", body: JSON.stringify(sent) } : { method: "GET" }),
    });
    const text = await body.text();
    if (statusCode !== 200 || !isAnswer(probe.answer, text)) throw new Error(`status ${statusCode}`);
    return probe.subject;
  });
  return {
    samples: load.samples,
    async stop() {
      await load.stop();
      await agent.destroy();
    },
  };
}
