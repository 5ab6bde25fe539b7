import { join, resolve } from "node:path";
import { replaceFile } from "../disk/atomic-file.js";
import { makeDirectories } from "../disk/make-directories.js";
import { requireOwnDirectory } from "../disk/own-directory.js";
import { statIfPresent } from "../disk/read.js";

/** Paths of one running platform, below its data directory. */
export interface Layout {
  readonly root: string;
  readonly lock: string;
  /** The addresses of the running platform; present while it runs. */
  readonly running: string;
  /** The plan that its processes were started with. */
  readonly plan: string;
  readonly secrets: string;
  readonly logs: string;
  /** Unix sockets of the processes. */
  readonly sockets: string;
  /** Files of the modules, one directory for each process. */
  readonly modules: string;
  readonly drills: string;
  /** Acts that the audit log does not contain yet. */
  readonly acts: string;
  readonly backups: string;
  /** The key that decrypts the backups, in the format of `age-keygen`. */
  readonly identity: string;
  /** Public keys to which the backups are encrypted too, in the format of `age --recipients-file`. */
  readonly recipients: string;
  /** The identity of the database, so that a lost one is not mistaken for a new one. */
  readonly database: string;
}

/** KEELSON_DATA; an empty one counts as unset. */
export function dataFromEnvironment(): string | undefined {
  return process.env["KEELSON_DATA"] || undefined;
}

/** KEELSON_BACKUPS; an empty one counts as unset. */
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
 * Throws `data/foreign` for a directory with files that Keelson did not create. Every first start creates the token before any
 * other data; only logs, a lock, drill reports and copied backups can exist without it.
 */
export async function requireOwnData(root: string): Promise<void> {
  await requireOwnDirectory(root, {
    marks: [join("secrets", "internal", "token"), "database.json"],
    known:
      /^(\.gitignore(\..*\.tmp)?|lock(\..*\.tmp)?|platform\.json|control\.sock|plan\.json(\..*\.tmp)?|secrets|logs|modules|sockets|drills|acts|backups|postgres|verify\.log|lost\+found)$/,
  });
}

/**
 * Creates the data directory with access for its owner only. As root it allows other users to traverse it: PostgreSQL then runs as
 * another user and has a directory of its own inside, accessible to that user only. Git ignores the directory, wherever it is.
 */
export async function makeRoot(root: string): Promise<void> {
  await makeDirectories(root, process.getuid?.() === 0 ? 0o711 : 0o700);
  const ignored = join(root, IGNORE_FILE);
  // The user's own is not replaced.
  if ((await statIfPresent(ignored)) === undefined) await replaceFile(ignored, "*\n");
}

/** Makes Git ignore a data directory: its secrets and data would be committed otherwise. */
export const IGNORE_FILE = ".gitignore";

export function layout(root: string): Layout {
  return {
    root,
    lock: join(root, "lock"),
    running: join(root, "platform.json"),
    plan: join(root, "plan.json"),
    secrets: join(root, "secrets"),
    logs: join(root, "logs"),
    modules: join(root, "modules"),
    sockets: join(root, "sockets"),
    acts: join(root, "acts"),
    drills: join(root, "drills"),
    backups: join(root, "backups"),
    identity: join(root, "secrets", "backup", "identity"),
    recipients: join(root, "secrets", "backup", "recipients"),
    database: join(root, "database.json"),
  };
}
