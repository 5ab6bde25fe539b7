/** What a drill does, by fault. A fault without an entry is described by its title. */
export const descriptions: Readonly<Record<string, string>> = {
  "process-crash":
    "Kills every process in turn (SIGKILL): modules, PostgreSQL and engines. The supervisor restarts each of them.",
  "database-loss":
    "Deletes the database's storage under load, restores the newest backup and the archived WAL, and verifies every acknowledged write.",
  "backup-corruption":
    "Like database loss, but the newest backup is corrupt. Keelson must reject it and restore the previous one.",
};
