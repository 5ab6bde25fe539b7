import { request } from "undici";
import { z } from "zod";
import { KeelsonError } from "../spec/errors.js";
import type { Platform } from "./platform.js";
import { localSecrets } from "./secrets.js";

/** What a person needs to begin: where it is, how to sign in, and a line that works when it is pasted. */
export interface Welcome {
  readonly url: string;
  readonly dashboard: string;
  /** Signs in once, within ten minutes; undefined when no accounts module runs here. */
  readonly signIn: string | undefined;
  /** The first key, the only time that it is shown. */
  readonly firstKey: string | undefined;
  /** A file with a key for the model APIs, so that the line below shows no secret and still works. */
  readonly keyFile: string | undefined;
  readonly curl: string | undefined;
  readonly models: readonly { readonly name: string; readonly engine: string; readonly reason: string }[];
}

/** Where the key lies that `keelson chat` and the printed `curl` line use. */
export const TERMINAL_KEY = "terminal/key";
const FIRST_KEY = "first-key/key";

/** Asks the platform for what is printed once it answers. */
export async function welcome(platform: Platform): Promise<Welcome> {
  const { running, layout, plan } = platform;
  const secrets = localSecrets(layout);
  const token = await secrets.read("internal/token");
  const admin = { authorization: `Bearer ${token ?? ""}` };
  const hasAccounts = plan.units.some((unit) => unit.modules.includes("accounts"));
  const firstKey = await secrets.read(FIRST_KEY);
  const signIn = hasAccounts ? await signInLink(running.dashboard, admin) : undefined;
  if (hasAccounts && !(await keyWorks(running.url, await secrets.read(TERMINAL_KEY))))
    await secrets.write(TERMINAL_KEY, await makeTerminalKey(running.dashboard, admin));
  const keyFile = hasAccounts ? `${layout.secrets}/${TERMINAL_KEY}` : undefined;
  const model = plan.models.find((candidate) => !candidate.embeddings)?.name;
  // Shown once: what is printed next is the only copy.
  if (firstKey !== undefined) await secrets.remove(FIRST_KEY);
  return {
    url: running.url,
    dashboard: running.dashboard,
    signIn,
    firstKey,
    keyFile,
    curl: model === undefined ? undefined : curlLine(running.url, model, keyFile),
    models: await modelReasons(running.dashboard, admin),
  };
}

function curlLine(url: string, model: string, keyFile: string | undefined): string {
  const body = JSON.stringify({ model, messages: [{ role: "user", content: "Hello!" }] });
  const key = keyFile === undefined ? "" : ` -H "Authorization: Bearer $(cat '${keyFile.replaceAll("'", `'\\''`)}')"`;
  return `curl -s ${url}/v1/chat/completions${key} -H 'Content-Type: application/json' -d '${body}'`;
}

const linkSchema = z.object({ url: z.string() });
const keySchema = z.object({ key: z.string() });
const modelsSchema = z.object({
  models: z.array(z.object({ name: z.string(), engine: z.string(), reason: z.string() })),
});

async function signInLink(base: string, headers: Record<string, string>): Promise<string> {
  return linkSchema.parse(await call(`${base}/admin/sign-in-links`, headers, {})).url;
}

async function makeTerminalKey(base: string, headers: Record<string, string>): Promise<string> {
  const wish = { name: "this terminal", scopes: ["inference"], organisation: "default" };
  return keySchema.parse(await call(`${base}/admin/keys`, headers, wish)).key;
}

/** The key may have been revoked since, or the database restored to a time before it. */
async function keyWorks(url: string, key: string | undefined): Promise<boolean> {
  if (key === undefined) return false;
  const { statusCode, body } = await request(`${url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
  await body.dump();
  return statusCode === 200;
}

async function modelReasons(base: string, headers: Record<string, string>): Promise<Welcome["models"]> {
  const { statusCode, body } = await request(`${base}/admin/models`, { headers });
  if (statusCode !== 200) {
    await body.dump();
    return [];
  }
  return modelsSchema.parse(await body.json()).models;
}

async function call(url: string, headers: Record<string, string>, content: unknown): Promise<unknown> {
  const { statusCode, body } = await request(url, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify(content),
  });
  const text = await body.text();
  if (statusCode >= 300)
    throw new KeelsonError("start/welcome", `${new URL(url).pathname} answered ${statusCode}: ${text.slice(0, 200)}`, {
      hint: "keelson logs shows what the modules said",
    });
  return JSON.parse(text);
}
