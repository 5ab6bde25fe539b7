import type { KeyChange } from "../../contracts/credentials.js";
import type { Database } from "../database/client.js";

/** Channel on which a trigger of the table `api_keys` notifies of every change, with the key's hash. */
const CHANNEL = "keelson_keys";

/** The stream of changes to API keys, made by any replica or directly in the database. */
export class KeyChanges {
  readonly #listeners = new Set<(change: KeyChange) => void>();
  readonly #stop: () => void;
  #lost = false;

  constructor(database: Pick<Database, "listen">) {
    this.#stop = database.listen(CHANNEL, {
      notified: (hash) => this.#emit({ kind: "changed", hash }),
      lost: () => {
        if (this.#lost) return;
        this.#lost = true;
        this.#emit({ kind: "lost" });
      },
      reset: () => {
        this.#lost = false;
        this.#emit({ kind: "reset" });
      },
    });
  }

  /** Calls back on every change until the returned function is called; at once with `lost` if changes are missed now. */
  watch(listener: (change: KeyChange) => void): () => void {
    this.#listeners.add(listener);
    if (this.#lost) listener({ kind: "lost" });
    return () => {
      this.#listeners.delete(listener);
    };
  }

  stop(): void {
    this.#stop();
    this.#listeners.clear();
  }

  #emit(change: KeyChange): void {
    for (const listener of [...this.#listeners]) listener(change);
  }
}
