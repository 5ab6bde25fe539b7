export interface Scenario {
  readonly fault: string;
  readonly what: string;
  /** What whoever uses the platform will notice. */
  readonly cost: string;
}

/** What can be broken on one machine, and what then happens, in the words of whoever is about to press the button. */
export const localDrills: readonly Scenario[] = [
  {
    fault: "process-crash",
    what: "Kills every process in turn, in the middle of its work (kill -9): those that serve, PostgreSQL, the engines. Each is started again by itself.",
    cost: "Requests fail for a few seconds after each kill, and this page with them.",
  },
  {
    fault: "database-loss",
    what: "Takes the database's storage away under load, restores the newest backup and its log, and compares every acknowledged write.",
    cost: "Nothing that needs the database works until it is restored. What came after the last shipped log is lost.",
  },
  {
    fault: "backup-corruption",
    what: "As database loss, with one bit of the newest backup wrong: it must be refused, and the one before it restored.",
    cost: "Nothing that needs the database works until it is restored. What came after the last shipped log is lost.",
  },
];
