import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { up } from "./platform.js";
import { median } from "./processes.js";
import type { Figure } from "./report.js";

/** Beyond this, no source of the model can be had here. */
const REAL_ANSWER_TIMEOUT_MS = 120_000;

interface Start {
  readonly firstResponseMs: number;
  /** Undefined if only the simulator has responded. */
  readonly realAnswerMs: number | undefined;
}

const completion = z.object({ choices: z.tuple([z.object({ message: z.object({ content: z.string() }) })]) });

/** Starts the starter on a data directory and a cache of models, and asks until the answer is not a simulated one. */
async function measureStart(data: string): Promise<Start> {
  const started = performance.now();
  const platform = await up({ data });
  const ask = async (): Promise<string> => {
    const response = await fetch(`${platform.url}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${platform.key}`, "content-type": "application/json" },
      body: JSON.stringify({ model: "assistant", messages: [{ role: "user", content: "Ready?" }], max_tokens: 8 }),
    });
    if (!response.ok) throw new Error(`a request returned ${response.status}: ${await response.text()}`);
    return completion.parse(await response.json()).choices[0].message.content;
  };
  try {
    let answer = await ask();
    const firstResponseMs = performance.now() - started;
    while (answer.startsWith("[simulated]") && performance.now() - started < REAL_ANSWER_TIMEOUT_MS) {
      await sleep(100);
      answer = await ask();
    }
    const realAnswerMs = answer.startsWith("[simulated]") ? undefined : performance.now() - started;
    return { firstResponseMs, realAnswerMs };
  } finally {
    await platform.stop();
  }
}

function figure(what: string, ms: number, limitMs: number): Figure {
  return {
    what,
    measured: `${(ms / 1000).toFixed(1)} s`,
    against: "limit",
    target: `< ${limitMs / 1000} s`,
    met: ms < limitMs,
  };
}

/** `keelson up` of the starter, from the command to the first complete response and to the first one of a real model. */
export async function startup(): Promise<Figure[]> {
  const directory = await mkdtemp(join(tmpdir(), "keelson-startup-"));
  process.env["KEELSON_MODELS"] = join(directory, "models");
  try {
    const data = join(directory, "data");
    const first = await measureStart(data);
    const later = [await measureStart(data), await measureStart(data), await measureStart(data)];
    const real = later.flatMap(({ realAnswerMs }) => realAnswerMs ?? []);
    return [
      figure("`up` to first response, first start", first.firstResponseMs, 20_000),
      figure("`up` to first response, later start", median(later.map(({ firstResponseMs }) => firstResponseMs)), 5_000),
      ...(first.realAnswerMs === undefined
        ? []
        : [figure("`up` to first real answer, first start, model downloaded", first.realAnswerMs, 60_000)]),
      ...(real.length === 0 ? [] : [figure("`up` to first real answer, later start", median(real), 6_000)]),
    ];
  } finally {
    delete process.env["KEELSON_MODELS"];
    await rm(directory, { recursive: true, force: true });
  }
}
