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
import { readPlanFile } from "../../runtime/kernel/plan-file.js";
import { socketUrl } from "../../unix-sockets/socket-url.js";
import { quoted } from "../terminal/quoted.js";

/** Options that select one of the platforms on this machine. */
export interface LocalSelection {
  readonly data?: string | undefined;
  readonly environment?: string | undefined;
}

/** Options that select a platform: one on this machine, or one at an address. */
export interface ConnectionOptions extends LocalSelection {
  readonly url?: string | undefined;
  readonly key?: string | undefined;
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
  const local = options.data !== undefined || options.environment !== undefined;
  // What is written on the command line precedes a variable that may have been exported long ago.
  const url = options.url ?? (local ? undefined : process.env["KEELSON_URL"] || undefined);
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

/**
 * The platform that runs on this machine: on `data` or KEELSON_DATA, otherwise in a data directory below this one. `environment` limits the
 * choice. Throws `platform/not-running`, or `platform/several` if more than one remains.
 */
export async function findRunning(options: LocalSelection): Promise<RunningPlatform> {
  const { environment } = options;
  const ofEnvironment = environment === undefined ? "" : ` in the environment ${environment}`;
  const chosen = options.data ?? dataFromEnvironment();
  if (chosen !== undefined) {
    if ((await statIfPresent(resolve(chosen)))?.isDirectory() === false) throw notADirectory(resolve(chosen));
    await requirePrivateDirectory(resolve(chosen));
    const running = await livePlatform(layout(resolve(chosen)));
    if (running && (environment === undefined || running.environment === environment)) return running;
    throw notRunning(`${running ? `${ofEnvironment.trim()} ` : ""}on ${resolve(chosen)}`);
  }
  const running = await runningPlatforms();
  const all = running.filter((each) => environment === undefined || each.environment === environment);
  const [only] = all;
  if (!only)
    throw notRunning(
      `${ofEnvironment.trim()} below this directory`.trim(),
      running.length === 0 ? {} : { hint: `running: ${running.map(nameOf).join(", ")}` },
    );
  if (all.length === 1) return only;
  throw new KeelsonError("platform/several", `${all.length} platforms run in data directories below this directory`, {
    hint: `select one: ${selections(all).join(" or ")}`,
  });
}

function nameOf({ platform, environment }: RunningPlatform): string {
  return `${platform} (${environment})`;
}

/** The shortest options that distinguish the platforms. */
function selections(all: readonly RunningPlatform[]): readonly string[] {
  const environments = new Set(all.map(({ environment }) => environment));
  return all.map(({ environment, data }) =>
    environments.size === all.length ? `-e ${environment}` : `--data ${quoted(data)}`,
  );
}

/**
 * The data directory of a command, whether or not its platform runs: selected like the platform of `findRunning`; of several, the one whose
 * platform runs.
 * @throws KeelsonError `data/unknown`, `data/not-a-directory`, `data/foreign`.
 */
export async function findData(options: LocalSelection): Promise<string> {
  const { environment } = options;
  const ofEnvironment = environment === undefined ? "" : ` of the environment ${environment}`;
  const chosen = options.data ?? dataFromEnvironment();
  if (chosen !== undefined) {
    const data = await existingData(resolve(chosen));
    if (await isOfEnvironment(data, environment)) return data;
    throw new KeelsonError("data/unknown", `${data} is not a data directory${ofEnvironment}`);
  }
  const existing = await dataDirectories();
  const matching = await Promise.all(existing.map((data) => isOfEnvironment(data, environment)));
  const found = existing.filter((_, index) => matching[index]);
  const live = await Promise.all(found.map((data) => livePlatform(layout(data))));
  const candidates = found.length === 1 ? found : found.filter((_, index) => live[index] !== undefined);
  const [only] = candidates;
  if (candidates.length === 1 && only !== undefined) return only;
  throw new KeelsonError(
    "data/unknown",
    `${found.length === 0 ? "no data directory" : "more than one data directory"}${ofEnvironment} exists below this directory`,
    {
      hint:
        found.length > 0
          ? `select one: ${found.map((data) => `--data ${quoted(data)}`).join(" or ")}`
          : existing.length > 0
            ? `there are: ${existing.join(", ")}`
            : "give it with --data DIR",
    },
  );
}

/** Whether a platform of this environment was started last on a data directory. */
async function isOfEnvironment(data: string, environment: string | undefined): Promise<boolean> {
  if (environment === undefined) return true;
  const { plan } = layout(data);
  return (await statIfPresent(plan)) !== undefined && (await readPlanFile(plan)).environment === environment;
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
