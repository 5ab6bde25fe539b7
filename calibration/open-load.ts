import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";

/** One streamed completion as its client sees it. Times in seconds. */
export interface Streamed {
  readonly firstToken: number;
  readonly latency: number;
  readonly outputTokens: number;
}

export interface Client {
  readonly url: string;
  readonly key: string;
  readonly model: string;
  /** Tokens of the vocabulary that prompts consist of: each prompt differs, so that no engine reuses the state of an earlier one. */
  readonly vocabulary: number;
}

/** Sends a prompt of `prompt` random tokens and reads the stream of the answer. */
export async function complete(client: Client, prompt: number, answer: number): Promise<Streamed> {
  const started = performance.now();
  const response = await fetch(`${client.url}/v1/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${client.key}`, "content-type": "application/json" },
    body: JSON.stringify({
      model: client.model,
      prompt: Array.from({ length: prompt }, () => 300 + Math.floor(Math.random() * client.vocabulary)),
      max_tokens: answer,
      temperature: 1,
      stream: true,
      stream_options: { include_usage: true },
    }),
  });
  if (!response.ok || !response.body) throw new Error(`${response.status} ${(await response.text()).slice(0, 200)}`);
  let first: number | undefined;
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body) {
    first ??= performance.now();
    text += decoder.decode(chunk, { stream: true });
  }
  const end = performance.now();
  const tokens = /"completion_tokens":\s*(\d+)/.exec(text)?.[1];
  if (first === undefined || tokens === undefined) throw new Error(`no answer: ${text.slice(0, 200)}`);
  return { firstToken: (first - started) / 1000, latency: (end - started) / 1000, outputTokens: Number(tokens) };
}

/**
 * Sends requests at the moments of a Poisson process, whether or not earlier ones are answered. Their times count from the moment at
 * which they were due, so that a late timer of the client is not hidden (coordinated omission).
 */
export async function openLoad(
  count: number,
  rate: number,
  send: () => Promise<Streamed>,
): Promise<readonly Streamed[]> {
  const sent: Promise<Streamed>[] = [];
  let due = performance.now();
  for (let index = 0; index < count; index += 1) {
    due += (-Math.log(1 - Math.random()) / rate) * 1000;
    await sleep(Math.max(0, due - performance.now()));
    const late = Math.max(0, performance.now() - due) / 1000;
    sent.push(send().then((each) => ({ ...each, firstToken: each.firstToken + late, latency: each.latency + late })));
  }
  return Promise.all(sent);
}
