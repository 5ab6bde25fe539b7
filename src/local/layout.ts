import { mkdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { isSystemError } from "../disk/disk-errors.js";
import { requireOwnDirectory } from "../disk/own-directory.js";
import { statIfPresent } from "../disk/read.js";
import { KeelsonError } from "../errors/keelson-error.js";

/** Where everything of one running platform lies, below its data directory. */
export interface Layout {
  readonly root: string;
  readonly lock: string;
  /** Says where the running platform is reached; present while it runs. */
  readonly running: string;
  /** The plan that its processes were started with. */
  readonly plan: string;
  readonly secrets: string;
  readonly logs: string;
  /** Files of the modules, one directory for each process. */
  readonly modules: string;
  readonly drills: string;
  readonly backups: string;
  /** The key that opens the backups, as `age-keygen` writes one. */
  readonly identity: string;
  /** Which database lived here, so that a lost one is not mistaken for a new one. */
  readonly database: string;
}

/** KEELSON_DATA; set to nothing is not set. */
export function dataFromEnvironment(): string | undefined {
  return process.env["KEELSON_DATA"] || undefined;
}

/** KEELSON_BACKUPS; set to nothing is not set. */
export function backupsFromEnvironment(): string | undefined {
  return process.env["KEELSON_BACKUPS"] || undefined;
}

/** `--data`, else KEELSON_DATA, else `.keelson/<platform>-<environment>` below the current directory. */
export function dataDirectory(
  chosen: string | undefined,
  plan: { readonly platform: string; readonly environment: string },
): string {
  return resolve(chosen ?? dataFromEnvironment() ?? join(".keelson", `${plan.platform}-${plan.environment}`));
}

/**
 * Throws `data/foreign` where a data directory would be somebody's own. The token is made in every first start, before
 * anything of worth; what may lie there earlier is a log, a lock, the report of a drill, or backups brought from elsewhere.
 */
export async function requireOwnData(root: string): Promise<void> {
  await requireOwnDirectory(root, {
    marks: [join("secrets", "internal", "token"), "database.json"],
    known:
      /^(lock(\..*\.tmp)?|platform\.json|control\.sock|plan\.json(\..*\.tmp)?|secrets|logs|modules|drills|backups|postgres|verify\.log|lost\+found)$/,
  });
}

/**
 * Makes the data directory. Closed to everybody else, except that root lets others pass through: PostgreSQL runs as
 * another user there and has its own directory, closed to everybody else again, inside.
 */
export async function makeRoot(root: string): Promise<void> {
  await make(root, process.getuid?.() === 0 ? 0o711 : 0o700);
}

/** One step at a time: where nothing can be made (below /proc), the recursive `mkdir` of Node.js tries for ever. */
async function make(directory: string, mode: number): Promise<void> {
  const parent = dirname(directory);
  const there = await statIfPresent(directory);
  if (there?.isDirectory() || parent === directory) return;
  await make(parent, mode);
  await mkdir(directory, { mode }).catch((error: unknown) => {
    const code = isSystemError(error) ? error.code : undefined;
    if (code === "ENOENT")
      throw new KeelsonError("data/unwritable", `${directory} cannot be made: nothing can be made in ${parent}`, {
        cause: error,
      });
    // With EEXIST another process was faster.
    if (code !== "EEXIST") throw error;
  });
}

export function layout(root: string): Layout {
  return {
    root,
    lock: join(root, "lock"),
    running: join(root, "platform.json"),
    plan: join(root, "plan.json"),
    secrets: join(root, "secrets"),
    logs: join(root, "logs"),
    modules: join(root, "modules"),
    drills: join(root, "drills"),
    backups: join(root, "backups"),
    identity: join(root, "secrets", "backup", "identity"),
    database: join(root, "database.json"),
  };
}
