/** What can be broken on one machine, and what then happens, in the words of whoever is about to press the button. */
export const localDrills: readonly { readonly fault: string; readonly what: string; readonly takes: string }[] = [
  {
    fault: "process-crash",
    what: "Kills the serving process in the middle of its work (kill -9). It is started again by itself.",
    takes: "half a minute",
  },
  {
    fault: "database-loss",
    what: "Deletes the database's storage under load, restores the newest backup and its log, and compares every acknowledged write.",
    takes: "a minute",
  },
  {
    fault: "backup-corruption",
    what: "Reads every backup back, restores it into a clean place and compares it. The running platform is not touched.",
    takes: "half a minute",
  },
];
