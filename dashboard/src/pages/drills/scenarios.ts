export interface Scenario {
  readonly fault: string;
  readonly what: string;
  /** The effect on the users of the platform. */
  readonly impact: string;
}

/** The drills that can run on one machine, with their effects. */
export const localDrills: readonly Scenario[] = [
  {
    fault: "process-crash",
    what: "Kills every process in turn (SIGKILL): modules, PostgreSQL and engines. The supervisor restarts each of them.",
    impact: "Requests fail for a few seconds after each kill. No data is lost. Takes about one minute.",
  },
  {
    fault: "database-loss",
    what: "Deletes the database's storage under load, restores the newest backup and the archived WAL, and verifies every acknowledged write.",
    impact:
      "The database is unavailable until it is restored. Data written since the last archived WAL segment is lost permanently. Takes about one minute.",
  },
  {
    fault: "backup-corruption",
    what: "Like database loss, but the newest backup is corrupt. Keelson must reject it and restore the previous one.",
    impact:
      "The database is unavailable until it is restored. Data written since the last archived WAL segment is lost permanently. Takes about one minute.",
  },
];
