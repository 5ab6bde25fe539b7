import type { Database } from "../database/client.js";
import type { KeyChange } from "../../contracts/credentials.js";

const channel = "keelson_keys";

/** Tells listeners of every change to a key, made on any replica or by hand: a trigger on the table notifies. */
export class KeyChanges {
  readonly #listeners = new Set<(change: KeyChange) => void>();
  readonly #stop: () => void;

  constructor(database: Database) {
    this.#stop = database.listen(channel, {
      notified: (hash) => this.#tell({ kind: "changed", hash }),
      reset: () => this.#tell({ kind: "reset" }),
    });
  }

  watch(listener: (change: KeyChange) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  stop(): void {
    this.#stop();
    this.#listeners.clear();
  }

  #tell(change: KeyChange): void {
    for (const listener of [...this.#listeners]) listener(change);
  }
}
