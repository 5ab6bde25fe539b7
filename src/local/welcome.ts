import { setTimeout as sleep } from "node:timers/promises";
import { sessionRoutes } from "../contracts/routes/accounts.js";
import { modelEngines } from "./model-engines.js";
import { callAsOperator } from "./operator-call.js";
import type { Platform } from "./platform.js";
import { localSecrets } from "./secrets.js";
import { TERMINAL_KEY, terminalKey } from "./terminal-key.js";

/** What a new user needs: the addresses, a link to sign in, and a command that works when it is pasted. */
export interface Welcome {
  readonly url: string;
  readonly dashboard: string;
  /** Signs in once, within ten minutes; undefined if no accounts module runs here. */
  readonly signIn: string | undefined;
  /** The first key, until `deleteFirstKey` was called. */
  readonly firstKey: string | undefined;
  /** A file with a key for the model APIs, so that the command below contains no secret. */
  readonly keyFile: string | undefined;
  readonly curl: string | undefined;
  readonly models: readonly { readonly name: string; readonly engine: string; readonly reason: string }[];
}

/** Longer than the probe of an unreachable model hub. */
const MODELS_TIMEOUT_MS = 4_000;
const MODELS_POLL_INTERVAL_MS = 50;

const FIRST_KEY = "first-key/key";

/** Collects what is printed once the platform is ready. */
export async function welcome(platform: Platform): Promise<Welcome> {
  const { running, layout, plan } = platform;
  const secrets = localSecrets(layout);
  const hasAccounts = plan.units.some((unit) => unit.modules.includes("accounts"));
  const firstKey = await secrets.read(FIRST_KEY);
  const signIn = hasAccounts
    ? (await callAsOperator(platform, sessionRoutes.createSignInLink, { body: {} })).url
    : undefined;
  if (hasAccounts) await terminalKey(running, layout);
  const keyFile = hasAccounts ? `${layout.secrets}/${TERMINAL_KEY}` : undefined;
  const model = plan.models.find((candidate) => !candidate.embeddings)?.name;
  return {
    url: running.url,
    dashboard: running.dashboard,
    signIn,
    firstKey,
    keyFile,
    curl: model === undefined ? undefined : curlLine(running.url, model, keyFile),
    models: await selectedEngines(platform),
  };
}

/** Removes the file with the first key. Called after the key was printed: if the program exits before, the next start prints it again. */
export async function deleteFirstKey({ layout }: Pick<Platform, "layout">): Promise<void> {
  await localSecrets(layout).remove(FIRST_KEY);
}

function curlLine(url: string, model: string, keyFile: string | undefined): string {
  const body = JSON.stringify({ model, messages: [{ role: "user", content: "Hello!" }] });
  const key = keyFile === undefined ? "" : ` -H "Authorization: Bearer $(cat '${keyFile.replaceAll("'", `'\\''`)}')"`;
  return `curl -s ${url}/v1/chat/completions${key} -H 'Content-Type: application/json' -d '${body}'`;
}

/** Models may still be `starting` when the platform becomes ready: waits until none is, at most MODELS_TIMEOUT_MS. */
async function selectedEngines(platform: Platform): Promise<Welcome["models"]> {
  for (const end = Date.now() + MODELS_TIMEOUT_MS; ; await sleep(MODELS_POLL_INTERVAL_MS)) {
    const models = await modelEngines(platform);
    if (models.every((model) => model.state !== "starting") || Date.now() > end) return models;
  }
}
