import type { HttpErrorEntries } from "../entry.js";

/** Backups, the log archive, restores and drills. */
export const recoveryErrors = {
  "database/lost": {
    summary: "The database is lost and cannot be restored automatically.",
    exitCode: 1,
    status: 409,
  },
  "backup/unknown": { summary: "There is no backup with this id.", exitCode: 2, status: 404 },
  "backup/missing": {
    summary: "An object of the backup repository is missing.",
    exitCode: 1,
    status: 404,
    hint: "`keelson backups` lists what is stored",
  },
  "backup/corrupt": {
    summary: "A backup is damaged.",
    exitCode: 1,
    status: 409,
    hint: "restore an older backup; `keelson backups` lists them",
  },
  "backup/format": {
    summary: "A backup was written by another version of Keelson.",
    exitCode: 1,
    status: 409,
    hint: "restore it by hand as docs/recovery.md shows, or with the version that wrote it",
  },
  "backup/place": {
    summary: "The backup location is neither a directory nor an S3 URL.",
    exitCode: 2,
    status: 409,
    hint: "give a directory, or s3://BUCKET/PREFIX",
  },
  "backup/moved": {
    summary: "The backups of this database are in another place than the data directory, and none was given.",
    exitCode: 2,
    status: 400,
    hint: "name it: --backups PLACE",
  },
  "backup/bucket": {
    summary: "A request to the bucket failed.",
    exitCode: 1,
    status: 409,
    hint: "check the bucket's name, the endpoint and the credentials (AWS_ACCESS_KEY_ID, AWS_PROFILE …)",
  },
  "backup/no-identity": {
    summary: "There is no age identity file to decrypt the backup with.",
    exitCode: 1,
    status: 409,
    hint: "give the identity that the backups were encrypted to: --identity FILE",
  },
  "backup/identity": {
    summary: "The identity file contains no age identity.",
    exitCode: 1,
    status: 409,
    hint: "an identity is a line that starts with AGE-SECRET-KEY-1, as `age-keygen` writes it",
  },
  "backup/wrong-key": {
    summary: "The backup was encrypted to another identity.",
    exitCode: 1,
    status: 409,
    hint: "give the right one: --identity FILE",
  },
  "backup/recipient": {
    summary: "An escrow recipient is not a public key of age.",
    exitCode: 1,
    status: 409,
    hint: "a recipient is a line that starts with age1, as `age-keygen -y` prints it",
  },
  "backup/no-marker": {
    summary: "The backup location does not contain the repository that the platform has used there before.",
    exitCode: 1,
    status: 409,
    hint: "mount the disk of the backups, or name another location: --backups PLACE",
  },
  "backup/unauthenticated": {
    summary: "Nothing proves that the platform has written this backup.",
    exitCode: 1,
    status: 409,
    hint: "everyone who can write to the repository can have written it, and a restored database runs code; to restore it once all the same: --accept-unauthenticated BACKUP",
  },
  "backup/running": {
    summary: "A backup, a verification or a restore is in progress.",
    exitCode: 1,
    status: 409,
    hint: "one at a time: `keelson status` shows when it has ended",
  },
  "backup/no-server": {
    summary: "The database is not running.",
    exitCode: 1,
    status: 409,
    hint: "keelson status shows why",
  },
  "backup/no-log": {
    summary: "A running server cannot be backed up without a log archive.",
    exitCode: 1,
    status: 409,
    hint: "a copy of a running server is consistent only with its log: add `log: 1m` to its backups",
  },
  "backup/log-not-archived": {
    summary: "The log that a backup needs was not archived in time.",
    exitCode: 1,
    status: 409,
    hint: "`keelson status` shows the state of log archiving; a backup without its log cannot be restored",
  },
  "backup/no-space": {
    summary: "The disk that holds the backups has too little space for another one.",
    exitCode: 1,
    status: 409,
    hint: "free space there, keep fewer backups (`keep`), or store them elsewhere with --backups",
  },
  "backup/tablespace": {
    summary: "The database has a tablespace outside its data directory.",
    exitCode: 1,
    status: 409,
    hint: "tablespaces are not backed up: move their tables into the default one",
  },

  "log/unauthenticated": {
    summary: "A log segment has no valid authentication code; it is not replayed.",
    exitCode: 1,
    status: 409,
    hint: "everyone who can write to the repository can have written it; an older state can be restored: --at TIME",
  },
  "log/conflict": {
    summary: "The log archive has a segment of the same name with other content.",
    exitCode: 1,
    status: 409,
    hint: "two servers must not archive to the same location: give one of them another with --backups",
  },
  "log/not-archived": { summary: "A part of the log is not in the archive.", exitCode: 1, status: 409 },
  "log/gap": { summary: "A log segment is missing; later segments cannot be replayed.", exitCode: 1, status: 409 },
  "log/damaged": {
    summary: "A log segment is truncated; later segments cannot be replayed.",
    exitCode: 1,
    status: 409,
  },
  "log/format": {
    summary: "The log was written by another version of PostgreSQL.",
    exitCode: 1,
    status: 409,
    hint: "restore without --at, or by hand as docs/recovery.md shows",
  },

  "restore/cancelled": { summary: "The restore was cancelled and its files were removed.", exitCode: 1, status: 409 },
  "restore/running": {
    summary: "A restore is in progress.",
    exitCode: 1,
    status: 409,
    hint: "one at a time: wait until the platform is available again (keelson status)",
  },
  "restore/not-empty": {
    summary: "The target directory of a restore is not empty.",
    exitCode: 1,
    status: 409,
    hint: "a restore overwrites nothing: name a new directory",
  },
  "restore/too-early": {
    summary: "No backup is old enough for the requested point in time.",
    exitCode: 1,
    status: 409,
  },
  "restore/timeline": {
    summary: "The requested timeline does not exist, or the backup does not lead to it.",
    exitCode: 1,
    status: 409,
  },
  "restore/future": { summary: "The requested point in time is in the future.", exitCode: 1, status: 409 },
  "recovery/interrupted": {
    summary: "A backup, restore or drill was interrupted, because the database had to be recovered first.",
    exitCode: 1,
    status: 409,
  },

  "upgrade/not-needed": {
    summary: "The database is not of an older major version of PostgreSQL.",
    exitCode: 2,
    status: 409,
  },
  "upgrade/failed": {
    summary: "The database was not upgraded; it is as before.",
    exitCode: 1,
    status: 409,
    hint: "to upgrade by hand: docs/recovery.md, “A new major version of PostgreSQL”",
  },

  "drill/unknown": { summary: "There is no drill, or no drill result, with this name.", exitCode: 2, status: 404 },
  "drill/cancelled": { summary: "The drill was cancelled.", exitCode: 1, status: 409 },
  "drill/unreadable": {
    summary: "The result of a drill cannot be read; its measurements are missing from the promise sheet.",
    exitCode: 1,
    status: 409,
    hint: "run the drill again, or remove its directory",
  },
  "drill/no-model": { summary: "The platform has no chat model to send load to.", exitCode: 1, status: 409 },
  "drill/no-baseline": {
    summary: "The platform did not answer the load of the drill before the fault, so a recovery could not be measured.",
    exitCode: 1,
    status: 409,
    hint: "lower the load (--rate 2), or wait until the models are ready (keelson status)",
  },
  "drill/running": {
    summary: "A drill is in progress.",
    exitCode: 1,
    status: 409,
    hint: "one at a time: wait until it ends, or cancel it (Ctrl-C where it was started, or the dashboard)",
  },
} as const satisfies HttpErrorEntries;
