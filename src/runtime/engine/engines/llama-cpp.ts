import { createRequire } from "node:module";
import { arch, platform } from "node:os";
import type { Model } from "../../../plan/plan.js";
import type { ChildConfig } from "../child/protocol.js";

/** A GGUF file in a child process, by node-llama-cpp's prebuilt CPU library. */
export function llamaChild(model: Model, file: string): ChildConfig {
  return {
    engine: "llama.cpp",
    model: model.name,
    file,
    context: model.context,
    sequences: Math.max(1, Math.min(model.concurrency, 16)),
    embeddings: model.embeddings,
  };
}

const names: Readonly<Record<string, string>> = { linux: "linux", darwin: "mac", win32: "win" };

/** Why llama.cpp cannot run here, in a few words; undefined when its library for this machine is installed. */
export async function llamaCppMissing(): Promise<string | undefined> {
  const base = `${names[platform()] ?? platform()}-${arch()}`;
  const require = createRequire(import.meta.url);
  for (const name of [base, `${base}-metal`]) {
    try {
      require.resolve(`@node-llama-cpp/${name}/package.json`);
      return undefined;
    } catch {
      // The next name may be there.
    }
  }
  return `no llama.cpp library for ${base} is installed`;
}
