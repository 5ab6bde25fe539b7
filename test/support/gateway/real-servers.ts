import { Ollama } from "ollama";
import OpenAI from "openai";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll } from "vitest";
import { until } from "../until.js";
import { key, metric, planWith, startTestGateway, type TestGateway } from "./gateway.js";
import { startUpstream, type Upstream, wellBehaved, words } from "./upstream.js";

export const CHAT = "/v1/chat/completions";
export const messages = [{ role: "user" as const, content: "Hello" }];
/** What a well-behaved server answers. */
export const text = words.join("");
/** The platform's API key for the server. */
export const SECRET = "sk-platform-0123456789abcdef";

/** A gateway over two servers, whose behaviour the tests set, and the official clients. */
export interface RealServers {
  upstream: Upstream;
  readonly backup: Upstream;
  readonly running: TestGateway;
  /** Of the gateway. */
  readonly client: OpenAI;
  /** Of the server itself. */
  readonly direct: OpenAI;
  readonly ollama: Ollama;
  /** Lines of the gateway's log from the level `warn`. */
  readonly logged: string[];
}

/**
 * Starts the servers for the tests of a file, and stops them after it. After each test the servers are healthy and the records empty. The
 * models: `assistant` at one server, `replaced` with a fallback, `steady` at both servers.
 */
export function startRealServers(): RealServers {
  const logged: string[] = [];
  let started: RealServers | undefined;
  const servers = (): RealServers => {
    if (started === undefined) throw new Error("the servers are not started");
    return started;
  };
  beforeAll(async () => {
    const upstream = await startUpstream();
    const backup = await startUpstream();
    const running = await startTestGateway(
      planWith(
        `assistant: { upstreams: [{ url: "${upstream.url}", key: upstream/key }], timeout: 1s }
replaced: { upstreams: "${upstream.url}/v1", fallback: spare }
spare: { upstreams: "${backup.url}" }
steady: { upstreams: [{ url: "${upstream.url}" }, { url: "${backup.url}" }], timeout: 1s }`,
        "secrets: { upstream: { keys: [key] } }",
      ),
      {
        secrets: { "upstream/key": SECRET },
        log: pino({ level: "warn" }, { write: (line: string) => void logged.push(line) }),
      },
    );
    started = {
      upstream,
      backup,
      running,
      logged,
      client: new OpenAI({ baseURL: `${running.url}/v1`, apiKey: key, maxRetries: 0 }),
      direct: new OpenAI({ baseURL: `${upstream.url}/v1`, apiKey: "any", maxRetries: 0 }),
      ollama: new Ollama({ host: running.url, headers: { authorization: `Bearer ${key}` } }),
    };
  });
  afterAll(async () => {
    await started?.running.stop();
    await started?.upstream.stop();
    await started?.backup.stop();
  });
  afterEach(async () => {
    const { upstream, backup, running, client } = servers();
    upstream.behave(wellBehaved);
    // A success resets the failures of a server: the next test starts with healthy ones.
    for (const model of ["assistant", "replaced", "steady", "steady"]) await complete(client, model);
    for (const name of ["keelson_usage_open_intents", "keelson_usage_unpublished_events"])
      await until(async () => metric(await running.metrics(), name) === 0);
    running.usage.events.clear();
    logged.length = 0;
    upstream.received.length = 0;
    backup.received.length = 0;
  });
  return {
    get upstream() {
      return servers().upstream;
    },
    set upstream(restarted) {
      servers().upstream = restarted;
    },
    get backup() {
      return servers().backup;
    },
    get running() {
      return servers().running;
    },
    get client() {
      return servers().client;
    },
    get direct() {
      return servers().direct;
    },
    get ollama() {
      return servers().ollama;
    },
    logged,
  };
}

/** The text of a streamed chat. */
export async function streamed(from: OpenAI, model = "assistant"): Promise<string> {
  const seen: string[] = [];
  for await (const part of await from.chat.completions.create({ model, messages, stream: true }))
    seen.push(part.choices[0]?.delta.content ?? "");
  return seen.join("");
}

/** The text of a chat that is not streamed. */
export async function complete(from: OpenAI, model = "assistant"): Promise<string> {
  const answer = await from.chat.completions.create({ model, messages });
  return answer.choices[0]?.message.content ?? "";
}
