import { createRequire } from "node:module";
import { arch, platform } from "node:os";
import { join } from "node:path";
import { statIfPresentSync } from "../../../disk/read.js";
import { DEFAULT_CONTEXT_TOKENS } from "../../../plan/model/model.js";
import type { Model } from "../../../plan/plan.js";
import type { ChildConfig } from "../child/protocol.js";

/** A GGUF file in a child process, by node-llama-cpp's prebuilt CPU library. */
export function llamaChild(model: Model, source: string, file: string): Extract<ChildConfig, { engine: "llama.cpp" }> {
  return {
    engine: "llama.cpp",
    model: model.name,
    source,
    file,
    context: model.context ?? DEFAULT_CONTEXT_TOKENS,
    sequences: Math.max(1, model.concurrency),
    embeddings: model.embeddings,
  };
}

const PLATFORMS: Readonly<Record<string, string>> = { linux: "linux", darwin: "mac", win32: "win" };

/** Why llama.cpp cannot run on this machine; undefined if its library for this machine is installed. */
export function llamaCppMissing(): string | undefined {
  const base = `${PLATFORMS[platform()] ?? platform()}-${arch()}`;
  const folders = createRequire(import.meta.url).resolve.paths("node-llama-cpp") ?? [];
  const installed = [base, `${base}-metal`].some((name) =>
    folders.some((folder) => statIfPresentSync(join(folder, "@node-llama-cpp", name, "bins")) !== undefined),
  );
  return installed ? undefined : `no llama.cpp library for ${base} is installed`;
}
