import { readFile } from "node:fs/promises";
import type { Plan } from "../../src/plan/plan.js";
import type { LatencyObjective } from "../../src/promises/objectives.js";
import { key, startTestGateway } from "../../test/support/gateway/gateway.js";
import { requirement } from "../../test/support/requirements.js";
import { type Case, defineCase, type Figure, measured, type Rig } from "../case.js";
import { type Client, complete, openLoad, type Streamed } from "../open-load.js";

/** The speed of a model as a platform file declares it, in tokens per second. */
interface Speed {
  readonly prefill: number;
  readonly full: number;
  readonly alone: number;
}

/** A model server and the requests that it gets, all of one length. */
interface Server {
  readonly name: string;
  readonly title: string;
  readonly needs: Case["needs"];
  readonly engine: string;
  readonly slots: number;
  readonly prompt: number;
  readonly answer: number;
  /** Undefined: the simulator's own, which does not depend on the machine. */
  readonly speed: Speed | undefined;
  readonly vocabulary: number;
  /** Of one repetition: the percentile is the time of one in twenty of them. */
  readonly requests: number;
}

function platformOf({ engine, slots, prompt, answer, speed }: Server, rate: number): string {
  const declared = speed
    ? `\n    speed: { prefill: ${speed.prefill}/s, decode: ${speed.full}/s..${speed.alone}/s }`
    : "";
  return `platform: calibrated
services:
  gateway: { modules: [gateway, accounts, usage], calls: [database, assistant], expose: true }
models:
  assistant:
    engine: ${engine}
    source: file:///model.gguf
    concurrency: ${slots}
    context: 2048
    queue: { deadline: 10m }
    load: { rate: ${rate}/s, prompt: ${prompt}, answer: ${answer} }${declared}
    objectives: { latency: { p95: 1m }, firstToken: { p95: 1m } }
stores: { database: { postgres: 17 } }
environments: { local: { provide: embedded } }
`;
}

function predictedLatency(of: LatencyObjective): Figure["predicted"] {
  return (sheet) => {
    const found = sheet.latency.find((each) => each.subject === "assistant" && each.of === of);
    if (!found) throw new Error(`the sheet has no ${of} of the model`);
    return found.predicted;
  };
}

function percentile95(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.ceil(0.95 * values.length) - 1] ?? Number.NaN;
}

/**
 * How fast the server is now, as a factor of its declared speed: of the prefill, of one answer alone and of as many as there are
 * slots, the slowest. The load and the times that are measured are scaled by it: a machine at half the declared speed serves half
 * the load in twice the time. The other two speeds are at least the scaled ones, so the prediction must hold.
 */
async function speedFactor(client: Client, { slots, prompt, answer, speed }: Server): Promise<number> {
  if (!speed) return 1;
  const decode = ({ latency, firstToken, outputTokens }: Streamed): number =>
    (outputTokens - 1) / (latency - firstToken);
  await complete(client, prompt, answer);
  const alone = await complete(client, prompt, answer);
  // Prompts of one token: all answers are decoded at the same time, and no prefill interrupts them.
  const together = await Promise.all(Array.from({ length: slots }, () => complete(client, 1, answer)));
  const factors = [
    prompt / alone.firstToken / speed.prefill,
    decode(alone) / speed.alone,
    Math.min(...together.map(decode)) / speed.full,
  ];
  process.stderr.write(
    `  prefill ${(prompt / alone.firstToken).toFixed(0)}/s, decode ${Math.min(...together.map(decode)).toFixed(1)}/s..${decode(alone).toFixed(1)}/s\n`,
  );
  return Math.min(...factors);
}

async function start(server: Server, rate: number, plan: Plan): Promise<Rig<LatencyObjective>> {
  const gateway = await startTestGateway(withModelFile(plan));
  const client = { url: gateway.url, key, model: "assistant", vocabulary: server.vocabulary };
  return {
    versions: { Node: process.versions.node, ...(server.speed ? { "node-llama-cpp": await llamaVersion() } : {}) },
    measure: async () => {
      const factor = await speedFactor(client, server);
      const send = () => complete(client, server.prompt, server.answer);
      const answers = await openLoad(server.requests, rate * factor, send);
      const at = (of: LatencyObjective) => measured(percentile95(answers.map((each) => each[of])) * 1000 * factor);
      return { latency: at("latency"), firstToken: at("firstToken") };
    },
    stop: () => gateway.stop(),
  };
}

/** The weights are where `npm run tools` has put them. */
function withModelFile(plan: Plan): Plan {
  const answer = requirement("model");
  if (!answer.ok) return plan;
  const source = { kind: "file", from: answer.path, file: answer.path, sha256: undefined } as const;
  return { ...plan, models: plan.models.map((model) => ({ ...model, sources: [source] })) };
}

/** The version that the lock file of this repository pins. */
async function llamaVersion(): Promise<string> {
  const lock = await readFile(new URL("../../package-lock.json", import.meta.url), "utf8");
  return /"node_modules\/node-llama-cpp": \{\s*"version": "([^"]+)"/.exec(lock)?.[1] ?? "unknown";
}

function underLoad(server: Server, rate: number, used: string): Case {
  const figure = (of: LatencyObjective, what: string): Figure => ({
    what,
    predicted: predictedLatency(of),
    whyLarge:
      "the waits of the prediction are those of the longest allowed bursts, and every prompt that may share the batch counts before the first token",
  });
  return defineCase({
    name: `${server.name}-${used}`,
    title: `${server.title}: ${server.requests} requests at the moments of a Poisson process, ${used} % of the slots in use`,
    platform: platformOf(server, rate),
    environment: "local",
    needs: server.needs,
    runs: 2,
    figures: { latency: figure("latency", "p95 latency"), firstToken: figure("firstToken", "p95 of the first token") },
    start: (plan) => start(server, rate, plan),
  });
}

const simulated: Server = {
  name: "latency-simulated",
  title: "the simulator behind the real gateway",
  needs: [],
  engine: "simulated",
  slots: 4,
  prompt: 200,
  answer: 30,
  speed: undefined,
  vocabulary: 10_000,
  requests: 200,
};

const llama: Server = {
  name: "latency-llama",
  title: "llama.cpp with SmolLM2-135M behind the real gateway",
  needs: ["model"],
  engine: "llama.cpp",
  slots: 4,
  prompt: 50,
  answer: 16,
  // Measured on two cores, of which llama.cpp uses one.
  speed: { prefill: 150, full: 14.5, alone: 50 },
  vocabulary: 40_000,
  requests: 60,
};

export const simulatedLoads = [underLoad(simulated, 2, "35"), underLoad(simulated, 3.5, "65")];
export const llamaLoads = [underLoad(llama, 0.5, "30"), underLoad(llama, 1, "60")];
