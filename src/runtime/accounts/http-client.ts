import { setTimeout as sleep } from "node:timers/promises";
import { request } from "undici";
import type { z } from "zod";
import { KEY_CHANGES_HEARTBEAT_MS, type KeyChange, keyChange } from "../../contracts/credentials.js";
import { bearer } from "../../contracts/platform-token.js";
import type { RequestOf, Route } from "../../contracts/route.js";
import { accountsInternalRoutes } from "../../contracts/routes/accounts.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { messageOf } from "../../errors/thrown.js";
import { callModule } from "../admin/index.js";
import type { Accounts } from "./client.js";

/** Longer than the module itself waits for PostgreSQL. */
const RESPONSE_TIMEOUT_MS = 8_000;
const MIN_RETRY_INTERVAL_MS = 50;
const MAX_RETRY_INTERVAL_MS = 2_000;

/**
 * The accounts module in another process at `url`, called with the internal token.
 * Its calls throw KeelsonError `accounts/unavailable` if that process, or its database, is unreachable.
 */
export function accountsOverHttp(url: string, token: string): Accounts {
  const remote = { url, token, timeoutMs: RESPONSE_TIMEOUT_MS };
  const stream = new ChangeStream(url, token);
  const call = async <R extends Route>(route: R, body: RequestOf<R>): Promise<z.output<R["json"]>> => {
    try {
      return await callModule(remote, route, body);
    } catch (error) {
      throw new KeelsonError(
        "accounts/unavailable",
        `the accounts module at ${url} is unreachable: ${messageOf(error)}`,
        { cause: error },
      );
    }
  };
  return {
    authenticate: async (hash) => (await call(accountsInternalRoutes.authenticate, { body: { hash } })).principal,
    identify: async (credential) => (await call(accountsInternalRoutes.identify, { body: credential })).actor,
    nameKeys: async (ids) => (await call(accountsInternalRoutes.nameKeys, { body: { ids } })).names,
    watch: (listener) => stream.watch(listener),
  };
}

/** One stream of changes for all listeners, open while there are any. */
class ChangeStream {
  readonly #url: string;
  readonly #token: string;
  readonly #listeners = new Set<(change: KeyChange) => void>();
  #running: AbortController | undefined;
  #lost = false;

  constructor(url: string, token: string) {
    this.#url = `${url.replace(/\/$/, "")}${accountsInternalRoutes.keyChanges.path}`;
    this.#token = token;
  }

  watch(listener: (change: KeyChange) => void): () => void {
    this.#listeners.add(listener);
    if (this.#lost) listener({ kind: "lost" });
    if (!this.#running) {
      this.#running = new AbortController();
      void this.#run(this.#running.signal);
    }
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#running?.abort();
      this.#running = undefined;
      this.#lost = false;
    };
  }

  async #run(signal: AbortSignal): Promise<void> {
    let intervalMs = MIN_RETRY_INTERVAL_MS;
    while (!signal.aborted) {
      try {
        await this.#read(signal, () => {
          intervalMs = MIN_RETRY_INTERVAL_MS;
        });
      } catch {
        // The stream broke or could not be opened. The reason is in the error of every call of `authenticate` meanwhile.
      }
      if (signal.aborted) return;
      this.#emit({ kind: "lost" });
      await sleep(intervalMs, undefined, { signal, ref: false }).catch(() => {});
      intervalMs = Math.min(intervalMs * 2, MAX_RETRY_INTERVAL_MS);
    }
  }

  async #read(signal: AbortSignal, connected: () => void): Promise<void> {
    const { statusCode, body } = await request(this.#url, {
      headers: { authorization: bearer(this.#token) },
      headersTimeout: RESPONSE_TIMEOUT_MS,
      bodyTimeout: KEY_CHANGES_HEARTBEAT_MS * 3,
      signal,
    });
    if (statusCode !== 200) {
      await body.dump();
      return;
    }
    connected();
    // Changes before this moment were missed.
    this.#emit({ kind: "reset" });
    let pending = "";
    body.setEncoding("utf8");
    for await (const chunk of body) {
      pending += String(chunk);
      const events = pending.split("\n\n");
      pending = events.pop() ?? "";
      for (const event of events)
        if (event.startsWith("data: ")) this.#emit(keyChange.parse(JSON.parse(event.slice("data: ".length))));
    }
  }

  /** Repeated `lost` events, of this stream and of the module behind it, are emitted once. */
  #emit(change: KeyChange): void {
    if (change.kind === "lost" && this.#lost) return;
    if (change.kind !== "changed") this.#lost = change.kind === "lost";
    for (const listener of [...this.#listeners]) listener(change);
  }
}
