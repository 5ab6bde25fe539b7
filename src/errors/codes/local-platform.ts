import type { ErrorEntries } from "../entry.js";

/** `keelson up`: its data directory, its processes, its ports and its PostgreSQL server. */
export const localPlatformErrors = {
  "data/unwritable": {
    summary: "A directory cannot be created or written.",
    exitCode: 1,
    hint: "choose a directory of your own; --data DIR names that of a platform",
  },
  "data/not-a-directory": {
    summary: "A file is where a directory is required.",
    exitCode: 1,
    hint: "choose another directory; --data DIR names that of a platform",
  },
  "data/foreign": {
    summary: "The data directory contains files that Keelson did not create.",
    exitCode: 2,
    hint: "name a new, empty or existing data directory of a platform: --data DIR",
  },
  "data/shared": {
    summary: "Other users can replace files in the data directory or in the backup directory.",
    exitCode: 2,
    hint: "allow only its owner to write to it: chmod go-w DIR",
  },
  "platform/elsewhere": {
    summary: "The file of a running platform names an address that is not on this machine.",
    exitCode: 2,
    hint: "the data directory was copied or prepared elsewhere; call a remote platform with --url and --key",
  },
  "data/not-owned": {
    summary: "A file of the platform is a link, no regular file, or belongs to another user; it is not used.",
    exitCode: 1,
    hint: "another program has changed the directory: inspect it before the platform runs again",
  },
  "data/lock": {
    summary: "The lock of the data directory cannot be acquired.",
    exitCode: 1,
    hint: "remove it if no keelson process uses this data directory",
  },
  "disk/full": {
    summary: "The disk has too little free space.",
    exitCode: 1,
    status: 507,
    hint: "free some space, or choose a directory on another disk; --data DIR names that of a platform",
  },
  "port/in-use": {
    summary: "The port is in use by another process.",
    exitCode: 1,
    hint: "choose another: keelson up --port PORT, keelson serve --listen HOST:PORT",
  },
  "port/forbidden": {
    summary: "The user is not allowed to listen on this port.",
    exitCode: 1,
    hint: "ports below 1024 require a privilege; choose a higher one (--port N for `up`, --listen HOST:PORT for `serve`)",
  },
  "port/unusable": {
    summary: "The listen address cannot be used.",
    exitCode: 1,
    hint: "--listen takes an address of this machine, e.g. 127.0.0.1:8800",
  },
  "host/unknown": {
    summary: "The host is not an address of this machine.",
    exitCode: 2,
    hint: "--host 127.0.0.1 (this machine only) or --host 0.0.0.0 (every network)",
  },
  "plan/empty": { summary: "The platform file declares no unit with modules.", exitCode: 2 },
  "engine/not-here": {
    summary: "A model's engine is not available on this machine and no fallback is allowed.",
    exitCode: 2,
    hint: "choose an environment for a laptop with -e, write `fallback: simulated` there, or name a GGUF file: hf://OWNER/REPOSITORY/FILE.gguf",
  },
  "start/failed": { summary: "The platform stopped before it was ready.", exitCode: 1, hint: "keelson logs" },
  "start/welcome": {
    summary: "The started platform rejected the first administrative request.",
    exitCode: 1,
    hint: "keelson logs shows the modules' logs",
  },
  "platform/running": {
    summary: "A platform already runs on this data directory.",
    exitCode: 1,
    status: 409,
    hint: "`keelson status` shows it, `keelson down` stops it; for a second one choose another data directory: --data DIR --port N",
  },
  "platform/not-running": {
    summary: "No platform is running on this data directory.",
    exitCode: 1,
    hint: "start it: keelson up (or name its data directory: --data DIR)",
  },
  "platform/not-ready": {
    summary: "A process of the platform is not ready, so no drill can start.",
    exitCode: 1,
    status: 409,
    hint: "`keelson status` shows when every process is ready",
  },
  "process/unlisted": {
    summary: "The processes of this machine cannot be listed, so that a process of an earlier platform may still run.",
    exitCode: 1,
    hint: "check that `ps` is installed and may be run",
  },
  "platform/orphan": { summary: "A process of an earlier platform cannot be stopped.", exitCode: 1 },
  "platform/stopping": { summary: "The platform is shutting down.", exitCode: 1, status: 409 },
  "platform/ending": {
    summary: "The platform did not shut down in time.",
    exitCode: 1,
    hint: "keelson logs shows what it waits for",
  },
  "control/body": { summary: "A request to the supervisor is invalid.", exitCode: 2, status: 400 },
  "control/answer": { summary: "The supervisor returned an unexpected response.", exitCode: 1 },
  "control/timeout": { summary: "The supervisor did not respond in time.", exitCode: 1 },
  "control/unknown": { summary: "The supervisor has no such operation.", exitCode: 1, status: 404 },

  "postgres/not-installed": {
    summary: "The PostgreSQL binaries are not installed.",
    exitCode: 1,
    hint: "run `npm ci` again without --omit=optional; on other systems provide a server with the secret `database/url`",
  },
  "postgres/no-user": {
    summary: "PostgreSQL does not run as root and there is no unprivileged user to run it as.",
    exitCode: 1,
    hint: "run keelson as another user, or create one: useradd --system postgres",
  },
  "postgres/initdb": { summary: "PostgreSQL could not initialise its data directory.", exitCode: 1 },
  "postgres/socket-directory": {
    summary: "The directory of PostgreSQL's socket belongs to another user.",
    exitCode: 1,
    hint: "choose a data directory with a shorter path: --data DIR",
  },
  "postgres/start": { summary: "PostgreSQL did not start.", exitCode: 1 },
  "postgres/other-major": {
    summary: "The data directory was written by another major version of PostgreSQL.",
    exitCode: 1,
    hint: "keelson upgrade-database",
  },
  "postgres/no-old-version": {
    summary: "The programs of the old major version of PostgreSQL, which an upgrade needs, are not installed.",
    exitCode: 1,
  },
  "postgres/stuck": { summary: "A process of an earlier PostgreSQL server does not end.", exitCode: 1 },
  "postgres/control": { summary: "PostgreSQL's control file is truncated.", exitCode: 1 },
} as const satisfies ErrorEntries;
