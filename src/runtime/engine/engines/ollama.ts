import { request } from "undici";
import { z } from "zod";
import { uidOf, usersListeningOn } from "../../../disk/port-user.js";
import type { Target } from "../client.js";

const PROBE_TIMEOUT_MS = 500;

const tags = z.object({ models: z.array(z.object({ name: z.string() })) });

/** The address that Ollama's own client uses. */
function ollamaUrl(): string {
  const host = process.env["OLLAMA_HOST"] || "127.0.0.1:11434";
  const url = /^https?:\/\//.test(host) ? host : `http://${host.includes(":") ? host : `${host}:11434`}`;
  return url.replace("//0.0.0.0", "//127.0.0.1").replace(/\/+$/, "");
}

/** Users whose processes are trusted with prompts: that of this process, root, and the one that Ollama's installer creates. */
const SERVICE_USER = "ollama";

/**
 * Why the server at a loopback address is not used: loopback is open to every user of the machine, and any of them could listen there
 * and read every prompt. Undefined if its user is trusted, and where the user of a port cannot be determined (no Linux).
 */
export async function foreignUser(url: string): Promise<string | undefined> {
  const { hostname, port } = new URL(url);
  if (process.platform !== "linux" || !/^(?:localhost|127\.[\d.]+|\[::1\])$/.test(hostname)) return undefined;
  const trusted = new Set([process.getuid?.(), 0, await uidOf(SERVICE_USER)]);
  const foreign = (await usersListeningOn(Number(port || 80))).filter((uid) => !trusted.has(uid));
  if (foreign.length === 0) return undefined;
  return `the server at ${url} is not used: it is a process of the user ${foreign.join(" and ")}, not of this user, root or ${SERVICE_USER}`;
}

/** A running Ollama and its models, or why none is used. */
export type OllamaFacts =
  | { readonly kind: "running"; readonly url: string; readonly models: readonly string[] }
  /** Another user of the machine listens at its address. */
  | { readonly kind: "foreign"; readonly why: string }
  | { readonly kind: "missing"; readonly why: string };

/** Looks for an Ollama, for at most `PROBE_TIMEOUT_MS`. */
export async function detectOllama(url: string = ollamaUrl()): Promise<OllamaFacts> {
  const foreign = await foreignUser(url);
  if (foreign !== undefined) return { kind: "foreign", why: foreign };
  const models = await modelsAt(url);
  return models === undefined
    ? { kind: "missing", why: `no Ollama is running at ${url}` }
    : { kind: "running", url, models };
}

async function modelsAt(url: string): Promise<readonly string[] | undefined> {
  try {
    const { statusCode, body } = await request(`${url}/api/tags`, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
    const parsed = tags.safeParse(await body.json());
    return statusCode === 200 && parsed.success ? parsed.data.models.map(({ name }) => name) : undefined;
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
