import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import OpenAI from "openai";
import { key, planWith, startTestGateway, type TestGateway } from "../gateway/gateway.js";
import { writeTinyGguf } from "./gguf.js";

export interface TinyModelGateway extends TestGateway {
  readonly openai: OpenAI;
}

/** A gateway over a GGUF of random weights, the same in every run; `models` is that part of the platform file. */
export async function startOnTinyModel(models: (file: string) => string): Promise<TinyModelGateway> {
  const directory = await mkdtemp(join(tmpdir(), "keelson-tiny-model-"));
  const file = join(directory, "tiny.gguf");
  writeTinyGguf(file, { seed: 3 });
  const gateway = await startTestGateway(planWith(models(file)));
  return {
    ...gateway,
    openai: new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: key, maxRetries: 0 }),
    stop: async () => {
      await gateway.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
