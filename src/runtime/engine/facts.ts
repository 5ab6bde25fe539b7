import { isAbsolute, resolve } from "node:path";
import { statIfPresent } from "../../disk/read.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import type { Model, ModelSource } from "../../plan/plan.js";
import type { Facts, FileSource, Unavailable } from "./choose.js";
import { llamaCppMissing } from "./engines/llama-cpp.js";
import { detectOllama } from "./engines/ollama.js";
import { cachedWeights } from "./weights/cache.js";
import { probeSource } from "./weights/sources.js";

/** Why sources cannot be used, by `ModelSource.from`: known from an attempt to download them. */
export type FailedSources = ReadonlyMap<string, string>;

const NOTHING: Facts = {
  present: undefined,
  downloadable: undefined,
  skipped: [],
  llamaCppMissing: undefined,
  ollama: undefined,
};

/**
 * Detects what this machine has: files, a running Ollama, and the network (only if the choice depends on it). Sources are tried in
 * their order, first those that need no download.
 */
export async function gatherFacts(model: Model, failed: FailedSources): Promise<Facts> {
  if (model.engine === "simulated") return NOTHING;
  const facts = { ...NOTHING, llamaCppMissing: llamaCppMissing() };
  const skipped: Unavailable[] = [];
  const unusable = new Map(failed);
  for (const source of model.sources) {
    const file = unusable.has(source.from)
      ? undefined
      : await presentFile(source).catch((error: unknown) => {
          // Such as a cache that other users can write to: another source may be usable.
          if (!(error instanceof KeelsonError)) throw error;
          unusable.set(source.from, error.message);
          return undefined;
        });
    if (file !== undefined) return { ...facts, present: { from: source.from, file }, skipped };
    const why = unusable.get(source.from);
    if (source.kind === "file") skipped.push({ from: source.from, why: why ?? `there is no file ${pathOf(source)}` });
  }
  const ollama = model.engine === "llama.cpp" ? undefined : await detectOllama();
  if (model.engine === "ollama" || ollama?.kind === "running") return { ...facts, ollama, skipped };
  return { ...facts, ollama, ...(await firstDownload(model, unusable, skipped)) };
}

/** Probes the sources at the same time, so that an unreachable server delays none of them, and takes the first. */
async function firstDownload(
  { sources }: Model,
  failed: FailedSources,
  missing: readonly Unavailable[],
): Promise<Pick<Facts, "downloadable" | "skipped">> {
  const downloads = sources.filter((source) => source.kind === "huggingface" || source.kind === "pypi");
  const probes = downloads.map(async (source) => {
    const why = failed.get(source.from);
    return { source, found: why === undefined ? await probeSource(source) : ({ kind: "refused", why } as const) };
  });
  const skipped = [...missing];
  for (const { source, found } of await Promise.all(probes)) {
    if (found.kind === "possible") return { downloadable: { source, bytes: found.bytes }, skipped };
    skipped.push({ from: source.from, why: found.why });
  }
  return { downloadable: undefined, skipped };
}

/** The file of a source on this machine; undefined if there is none. */
async function presentFile(source: ModelSource): Promise<string | undefined> {
  switch (source.kind) {
    case "file":
      return (await statIfPresent(pathOf(source)))?.isFile() ? pathOf(source) : undefined;
    case "huggingface":
    case "pypi":
      return cachedWeights(source);
    case "name":
      return undefined;
  }
}

function pathOf({ file }: FileSource): string {
  return isAbsolute(file) ? file : resolve(file);
}
