import { mkdir, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { isSystemError } from "../disk/disk-errors.js";
import { KeelsonError } from "../spec/errors.js";

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

/** `--data`, else KEELSON_DATA, else `.keelson/<platform>-<environment>` below the current directory. */
export function dataDirectory(
  chosen: string | undefined,
  plan: { readonly platform: string; readonly environment: string },
): string {
  return resolve(chosen ?? process.env["KEELSON_DATA"] ?? join(".keelson", `${plan.platform}-${plan.environment}`));
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
  const there = await stat(directory).catch(() => undefined);
  if (there?.isDirectory() || parent === directory) return;
  await make(parent, mode);
  await mkdir(directory, { mode }).catch((error: unknown) => {
    const code = isSystemError(error) ? error.code : undefined;
    if (code === "ENOENT")
      throw new KeelsonError("data/unwritable", `${directory} cannot be made: nothing can be made in ${parent}`, {
        hint: "choose a directory of your own with --data DIR",
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
