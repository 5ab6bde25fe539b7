import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { named, planOf } from "../support/plan/planned.js";

const run = promisify(execFile);
const plan = (model: string) => planOf(`platform: shop\nprovide: in-cluster\nmodels: { chat: ${model} }\n`);
const outside = (model: string) => plan(model).edges.map(({ from, to, port }) => `${from} → ${to}:${port}`);

describe("a model of the Ollama library", () => {
  it("may be downloaded only from the library", () => {
    expect(outside("{ source: llama3.2 }")).toEqual(["chat → registry.ollama.ai:443"]);
    expect(outside("{ engine: ollama }")).toEqual(["chat → registry.ollama.ai:443"]);
    expect(outside("{ source: ./chat.gguf, engine: ollama }")).toEqual([]);
  });

  it("is loaded before the port accepts connections", async () => {
    const folder = await mkdtemp(join(tmpdir(), "keelson-ollama-"));
    try {
      const log = join(folder, "log");
      // Stands where Ollama would: what is tried is the script, and in which order it asks for what.
      const program = `#!/bin/sh\necho "$OLLAMA_HOST $*" >> ${log}\n[ "$OLLAMA_HOST $1" = "127.0.0.1:11435 serve" ] && exec sleep 60\nexit 0\n`;
      await writeFile(join(folder, "ollama"), program, { mode: 0o755 });
      const [shell = "", ...words] = named(plan("{ source: llama3.2 }").units, "chat").command;
      const PATH = [folder, process.env["PATH"]].join(delimiter);
      await run(shell, words, { env: { ...process.env, PATH }, timeout: 20_000 });
      const asked = (await readFile(log, "utf8")).trim().split("\n");
      expect(asked.at(-1)).toBe("[::]:11434 serve");
      expect(asked.filter((line) => line.includes("pull"))).toEqual(["127.0.0.1:11435 pull llama3.2"]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe("a model that vLLM serves", () => {
  it("requests a GPU, which its image requires, unless the file sets none", () => {
    const gpus = (rest: string) =>
      named(plan(`{ source: hf://a/b, engine: vllm${rest} }`).units, "chat").resources.gpu.count;
    expect(["", ", parameters: 7B", ", gpu: optional", ", gpu: 4", ", gpu: none"].map(gpus)).toEqual([1, 1, 1, 4, 0]);
  });

  it("may be downloaded from the hub, and is called on the port of the file", () => {
    expect(outside("{ source: Qwen/Qwen2.5-7B, engine: vllm }")).toEqual(["chat → huggingface.co:443"]);
    const chat = named(plan("{ source: hf://Qwen/Qwen2.5-7B, engine: vllm, port: 9000 }").units, "chat");
    expect(chat.command.join(" ")).toContain("--model Qwen/Qwen2.5-7B --served-model-name chat --host :: --port 9000");
    expect(chat.ports).toMatchObject([{ number: 9000 }]);
  });
});
