import { join, resolve } from "node:path";
import { readdirIfPresent } from "../disk/read.js";
import { KeelsonError } from "../errors/keelson-error.js";
import { notRunning } from "../local/control/client.js";
import { dataFromEnvironment, layout } from "../local/layout.js";
import { livePlatform, type RunningPlatform } from "../local/running.js";
import { localSecrets } from "../local/secrets.js";
import { TERMINAL_KEY } from "../local/terminal-key.js";

/** How a command was told which platform it speaks to. */
export interface ConnectionOptions {
  readonly url?: string | undefined;
  readonly key?: string | undefined;
  readonly data?: string | undefined;
}

export interface Connection {
  readonly url: string;
  /** Value of the `Authorization` header. */
  readonly authorization: string;
}

/**
 * Where the platform is and how to prove who asks: by address and key when given, else the one that runs on this
 * machine. `inference` calls use a key of their own; everything else uses the internal token, which stands for its owner
 * (KEELSON_API_KEY counts there only together with an address).
 */
export async function connect(
  options: ConnectionOptions,
  purpose: "admin" | "inference" = "admin",
): Promise<Connection> {
  const url = options.url ?? process.env["KEELSON_URL"];
  const key = options.key ?? process.env["KEELSON_API_KEY"];
  if (url !== undefined) {
    if (!URL.canParse(url)) throw new KeelsonError("connection/url", `${url} is no address`);
    if (key === undefined) throw new KeelsonError("connection/key", "an address needs a key");
    return { url: url.replace(/\/+$/, ""), authorization: `Bearer ${key}` };
  }
  const running = await findRunning(options);
  const secrets = localSecrets(layout(running.data));
  // A key in the environment is most often one for the model APIs alone: it must not stand in the way of the owner here.
  const own =
    purpose === "admin"
      ? (options.key ?? (await secrets.read("internal/token")))
      : (key ?? (await secrets.read(TERMINAL_KEY)));
  if (own === undefined)
    throw new KeelsonError("connection/key", `there is no key for the platform in ${running.data}`);
  return { url: purpose === "admin" ? running.dashboard : running.url, authorization: `Bearer ${own}` };
}

/** The platform that runs on this machine. Throws `platform/not-running`, or `platform/several` when that is no answer. */
export async function findRunning(options: Pick<ConnectionOptions, "data">): Promise<RunningPlatform> {
  const chosen = options.data ?? dataFromEnvironment();
  if (chosen !== undefined) {
    const running = await livePlatform(layout(resolve(chosen)));
    if (running) return running;
    throw notRunning(`on ${resolve(chosen)}`);
  }
  const all = await here();
  const [only] = all;
  if (!only) throw notRunning("below this directory");
  if (all.length === 1) return only;
  throw new KeelsonError("platform/several", `${all.length} platforms run below this directory`, {
    hint: `say which: ${all.map((running) => `--data ${running.data}`).join(" or ")}`,
  });
}

/** The data directory that a command means though nothing may run there; of several, the one that something runs on. */
export async function findData(options: Pick<ConnectionOptions, "data">): Promise<string> {
  const chosen = options.data ?? dataFromEnvironment();
  if (chosen !== undefined) return resolve(chosen);
  const found = await directories();
  const meant = found.length === 1 ? found : (await here()).map((running) => running.data);
  const [only] = meant;
  if (meant.length === 1 && only !== undefined) return only;
  throw new KeelsonError(
    "data/unknown",
    found.length === 0 ? "there is no platform's data below this directory" : "there is the data of several platforms",
    {
      hint:
        found.length === 0 ? "name it: --data DIR" : `say which: ${found.map((data) => `--data ${data}`).join(" or ")}`,
    },
  );
}

async function directories(): Promise<string[]> {
  const root = resolve(".keelson");
  const entries = (await readdirIfPresent(root)) ?? [];
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(root, entry.name));
}

async function here(): Promise<RunningPlatform[]> {
  const found = await Promise.all((await directories()).map((data) => livePlatform(layout(data))));
  return found.filter((running) => running !== undefined);
}
