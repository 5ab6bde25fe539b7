import { request } from "undici";
import { z } from "zod";
import type { Target } from "../client.js";

const PROBE_TIMEOUT_MS = 500;

const tags = z.object({ models: z.array(z.object({ name: z.string() })) });

/** The address that Ollama's own client uses. */
function ollamaUrl(): string {
  const host = process.env["OLLAMA_HOST"] || "127.0.0.1:11434";
  const url = /^https?:\/\//.test(host) ? host : `http://${host.includes(":") ? host : `${host}:11434`}`;
  return url.replace("//0.0.0.0", "//127.0.0.1").replace(/\/+$/, "");
}

/** The models of a running Ollama; undefined if none responds within `PROBE_TIMEOUT_MS`. */
export async function detectOllama(
  url: string = ollamaUrl(),
): Promise<{ readonly url: string; readonly models: readonly string[] } | undefined> {
  try {
    const { statusCode, body } = await request(`${url}/api/tags`, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
    const parsed = tags.safeParse(await body.json());
    return statusCode === 200 && parsed.success
      ? { url, models: parsed.data.models.map(({ name }) => name) }
      : undefined;
  } catch {
    return undefined;
  }
}

/** Ollama serves the OpenAI API beside its own. */
export function ollamaTarget(model: string, url: string, upstreamModel: string, reason: string): Target {
  return {
    id: `${model}-ollama`,
    model,
    url,
    upstreamModel,
    weight: 1,
    authorization: undefined,
    engine: "ollama",
    reason,
  };
}
