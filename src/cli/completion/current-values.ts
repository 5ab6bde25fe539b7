import { keyRoutes, organisationRoutes, userRoutes } from "../../contracts/routes/accounts.js";
import { readdirIfPresent } from "../../disk/read.js";
import { backupsFromEnvironment, layout } from "../../local/layout.js";
import { drillStore } from "../../recovery/drills/store.js";
import { catalogueOf } from "../../recovery/offline.js";
import { callAdmin } from "../platform/admin-api.js";
import { type ConnectionOptions, connect, findData } from "../platform/connection.js";
import { fileOrDefault, type Loaded, loadPlatform, planOf } from "../platform/load.js";
import { findLocation } from "../recover/backups.js";
import { print } from "../terminal/output.js";

/** Values that depend on a platform file or on the running platform. */
export type CurrentValues =
  | "environments"
  | "models"
  | "backups"
  | "drills"
  | "keys"
  | "processes"
  | "users"
  | "organisations";

/** `keelson complete`: prints the current values of one kind, one per line. `line`: the words of the command line so far. */
export async function complete(kind: CurrentValues, line: readonly string[]): Promise<void> {
  const values = await VALUES[kind](line);
  print(values.map((value) => `${value}\n`).join(""));
}

const VALUES = {
  environments: async (line) => [...(await fileOf(line)).platform.environments.keys()],
  models: async (line) => planOf(await fileOf(line)).models.map(({ name }) => name),
  backups: async (line) => {
    const { catalogue } = await catalogueOf(await findLocation(optionsOf(line)));
    return ["latest", ...catalogue.backups.map(({ manifest }) => manifest.id)];
  },
  drills: async (line) => {
    const { drills } = await drillStore(layout(await findData(optionsOf(line))).drills).list();
    return drills.map(({ id }) => id);
  },
  keys: async (line) => {
    const { keys } = await callAdmin(await connect(optionsOf(line)), keyRoutes.listKeys, { query: {} });
    return keys.filter(({ revoked }) => revoked === null).map(({ id }) => id);
  },
  processes: async (line) => {
    const entries = (await readdirIfPresent(layout(await findData(optionsOf(line))).logs)) ?? [];
    return entries.map(({ name }) => name).flatMap((name) => /^(?!up)(.+)\.log$/.exec(name)?.[1] ?? []);
  },
  users: async (line) => {
    const { users } = await callAdmin(await connect(optionsOf(line)), userRoutes.listUsers, { query: {} });
    return users.map(({ id }) => id);
  },
  organisations: async (line) => {
    const connection = await connect(optionsOf(line));
    const { organisations } = await callAdmin(connection, organisationRoutes.listOrganisations, { query: {} });
    return organisations.map(({ id }) => id);
  },
} satisfies Record<CurrentValues, (line: readonly string[]) => Promise<readonly string[]>>;

/** The platform file of the first word that names one, otherwise of the file that the command reads by default. */
async function fileOf(line: readonly string[]): Promise<Loaded> {
  for (const word of line.slice(1).filter((each) => each !== "" && !each.startsWith("-"))) {
    const loaded = await loadPlatform(word).catch(() => undefined);
    if (loaded) return loaded;
  }
  return loadPlatform(await fileOrDefault(undefined, "run"));
}

/** The options that select a platform or a repository, as the line has them so far. */
function optionsOf(line: readonly string[]): ConnectionOptions & { readonly from?: string } {
  const after = (flag: string): string | undefined => {
    const at = line.indexOf(flag);
    return at < 0 ? undefined : line[at + 1];
  };
  const from = after("--from") ?? backupsFromEnvironment();
  return {
    url: after("--url"),
    key: after("--key"),
    data: after("--data"),
    environment: after("-e") ?? after("--environment"),
    ...(from !== undefined && { from }),
  };
}
