import { join, resolve } from "node:path";
import { bearer, currentToken } from "../../contracts/platform-token.js";
import { notADirectory } from "../../disk/disk-errors.js";
import { requirePrivateDirectory } from "../../disk/private-directory.js";
import { readdirIfPresent, statIfPresent } from "../../disk/read.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { notRunning } from "../../local/control/client.js";
import { dataFromEnvironment, layout, requireOwnData } from "../../local/layout.js";
import { personName } from "../../local/person.js";
import { livePlatform, type RunningPlatform } from "../../local/running.js";
import { localSecrets } from "../../local/secrets.js";
import { TERMINAL_KEY } from "../../local/terminal-key.js";
import { tokenSecret } from "../../modules/tokens.js";
import { socketUrl } from "../../unix-sockets/socket-url.js";

/** Options that select a platform. */
export interface ConnectionOptions {
  readonly url?: string | undefined;
  readonly key?: string | undefined;
  readonly data?: string | undefined;
}

export interface Connection {
  /** For messages. */
  readonly url: string;
  /** Base URL of requests. */
  readonly base: string;
  /** Value of the `Authorization` header. */
  readonly authorization: string;
  /** User of this machine who calls with the operator token, for the audit log. */
  readonly person?: string;
}

/**
 * Base URL and credentials of the selected platform: the given address and key, or the platform that runs on this machine.
 * There, `inference` calls use an API key, and admin calls use the operator token of its owner (KEELSON_API_KEY is used for
 * admin calls only together with an address).
 */
export async function connect(
  options: ConnectionOptions,
  purpose: "admin" | "inference" = "admin",
): Promise<Connection> {
  const url = options.url ?? process.env["KEELSON_URL"];
  const key = options.key ?? process.env["KEELSON_API_KEY"];
  if (url !== undefined) {
    if (!URL.canParse(url)) throw new KeelsonError("connection/url", `${url} is not a valid URL`);
    if (key === undefined) throw new KeelsonError("connection/key", "an address requires an API key");
    const base = url.replace(/\/+$/, "");
    return { url: base, base, authorization: bearer(key) };
  }
  const running = await findRunning(options);
  const secrets = localSecrets(layout(running.data));
  // A key in the environment is usually limited to inference and must not replace the owner's token.
  const own =
    purpose === "admin"
      ? (options.key ?? currentToken((await secrets.read(tokenSecret("operator"))) ?? "")) || undefined
      : (key ?? (await secrets.read(TERMINAL_KEY)));
  if (own === undefined) throw new KeelsonError("connection/key", `${running.data} contains no key for its platform`);
  return {
    url: purpose === "admin" ? running.dashboard : running.url,
    // Another user can listen on the port while the platform restarts, and would receive the credential.
    base: socketUrl(purpose === "admin" ? running.sockets.dashboard : running.sockets.url),
    authorization: bearer(own),
    ...(purpose === "admin" && options.key === undefined && { person: personName() }),
  };
}

/** The platform that runs on this machine. Throws `platform/not-running`, or `platform/several` if there is more than one. */
export async function findRunning(options: Pick<ConnectionOptions, "data">): Promise<RunningPlatform> {
  const chosen = options.data ?? dataFromEnvironment();
  if (chosen !== undefined) {
    if ((await statIfPresent(resolve(chosen)))?.isDirectory() === false) throw notADirectory(resolve(chosen));
    await requirePrivateDirectory(resolve(chosen));
    const running = await livePlatform(layout(resolve(chosen)));
    if (running) return running;
    throw notRunning(`on ${resolve(chosen)}`);
  }
  const all = await runningPlatforms();
  const [only] = all;
  if (!only) throw notRunning("below this directory");
  if (all.length === 1) return only;
  throw new KeelsonError("platform/several", `${all.length} platforms run in data directories below this directory`, {
    hint: `select one: ${all.map((running) => `--data ${running.data}`).join(" or ")}`,
  });
}

/**
 * The data directory of a command, whether or not its platform runs; of several, the one whose platform runs.
 * @throws KeelsonError `data/unknown`, `data/not-a-directory`, `data/foreign`.
 */
export async function findData(options: Pick<ConnectionOptions, "data">): Promise<string> {
  const chosen = options.data ?? dataFromEnvironment();
  if (chosen !== undefined) return existingData(resolve(chosen));
  const found = await dataDirectories();
  const candidates = found.length === 1 ? found : (await runningPlatforms()).map((running) => running.data);
  const [only] = candidates;
  if (candidates.length === 1 && only !== undefined) return only;
  throw new KeelsonError(
    "data/unknown",
    found.length === 0
      ? "no data directory exists below this directory"
      : "several data directories exist below this directory",
    {
      hint:
        found.length === 0
          ? "give it with --data DIR"
          : `select one: ${found.map((data) => `--data ${data}`).join(" or ")}`,
    },
  );
}

/** The directory, if it is a data directory. A wrong one is an error, and not a platform without backups, drills and logs. */
async function existingData(directory: string): Promise<string> {
  const found = await statIfPresent(directory);
  if (found === undefined)
    throw new KeelsonError("data/unknown", `the data directory ${directory} does not exist`, {
      hint: "give the directory that `keelson up` prints as data",
    });
  if (!found.isDirectory()) throw notADirectory(directory);
  await requirePrivateDirectory(directory);
  await requireOwnData(directory);
  return directory;
}

/**
 * The data directories in `.keelson`. Their files name addresses, sockets and platform files that commands use, so another user must not
 * be able to write them, as with the configuration of Git and SSH.
 * @throws KeelsonError `data/shared`.
 */
async function dataDirectories(): Promise<string[]> {
  const root = resolve(".keelson");
  const entries = (await readdirIfPresent(root)) ?? [];
  const found = entries.filter((entry) => entry.isDirectory()).map((entry) => join(root, entry.name));
  if (found.length > 0) for (const directory of [root, ...found]) await requirePrivateDirectory(directory);
  return found;
}

async function runningPlatforms(): Promise<RunningPlatform[]> {
  const found = await Promise.all((await dataDirectories()).map((data) => livePlatform(layout(data))));
  return found.filter((running) => running !== undefined);
}
