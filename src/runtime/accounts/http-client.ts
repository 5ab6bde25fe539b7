import { setTimeout as sleep } from "node:timers/promises";
import { request } from "undici";
import type { z } from "zod";
import { KeelsonError } from "../../errors/keelson-error.js";
import { messageOf } from "../../errors/thrown.js";
import type { Accounts, KeyChange } from "./client.js";
import { authenticateReply, change, heartbeat, identifyReply } from "./wire.js";

/** Longer than the module itself waits for PostgreSQL. Milliseconds. */
const answerTimeout = 8_000;
const longestPause = 2_000;

/**
 * Accounts in another process at `url`, to which `token` (the internal one) is shown.
 * Its calls throw KeelsonError `accounts/unavailable` when that process, or its database, does not answer.
 */
export function accountsOverHttp(url: string, token: string): Accounts {
  const base = `${url.replace(/\/$/, "")}/internal/accounts`;
  const headers = { authorization: `Bearer ${token}` };
  const stream = new ChangeStream(`${base}/changes`, headers);

  const ask = async <Reply extends z.ZodType>(what: string, body: unknown, reply: Reply): Promise<z.output<Reply>> => {
    try {
      const response = await request(`${base}/${what}`, {
        method: "POST",
        headers: { ...headers, "content-type": "application/json" },
        body: JSON.stringify(body),
        headersTimeout: answerTimeout,
        bodyTimeout: answerTimeout,
      });
      const text = await response.body.text();
      if (response.statusCode !== 200) throw new Error(`answered ${response.statusCode}: ${text.slice(0, 200)}`);
      return reply.parse(JSON.parse(text));
    } catch (error) {
      throw unavailable(url, error);
    }
  };

  return {
    authenticate: async (hash) => {
      const { principal } = await ask("authenticate", { hash }, authenticateReply);
      return principal && { user: undefined, models: undefined, expires: undefined, ...principal };
    },
    identify: async (credential) => {
      const { actor } = await ask("identify", credential, identifyReply);
      return actor && { user: undefined, keyId: undefined, ...actor };
    },
    watch: (listener) => stream.watch(listener),
  };
}

function unavailable(url: string, cause: unknown): KeelsonError {
  const reason = messageOf(cause);
  return new KeelsonError("accounts/unavailable", `the accounts module at ${url} does not answer: ${reason}`, {
    cause,
  });
}

/** One stream of changes for all listeners, open while there are any. */
class ChangeStream {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #listeners = new Set<(change: KeyChange) => void>();
  #running: AbortController | undefined;

  constructor(url: string, headers: Readonly<Record<string, string>>) {
    this.#url = url;
    this.#headers = headers;
  }

  watch(listener: (change: KeyChange) => void): () => void {
    this.#listeners.add(listener);
    if (!this.#running) {
      this.#running = new AbortController();
      void this.#run(this.#running.signal);
    }
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#running?.abort();
      this.#running = undefined;
    };
  }

  async #run(signal: AbortSignal): Promise<void> {
    let lost = false;
    for (let pause = 50; !signal.aborted; pause = Math.min(pause * 2, longestPause)) {
      try {
        await this.#read(signal, () => {
          pause = 50;
          lost = false;
        });
      } catch {
        // The stream broke or could not be opened; whoever calls `authenticate` meanwhile is told why.
      }
      if (!lost && !signal.aborted) this.#tell({ kind: "lost" });
      lost = true;
      await sleep(pause, undefined, { signal, ref: false }).catch(() => {});
    }
  }

  async #read(signal: AbortSignal, connected: () => void): Promise<void> {
    const { statusCode, body } = await request(this.#url, {
      headers: this.#headers,
      headersTimeout: answerTimeout,
      bodyTimeout: heartbeat * 3,
      signal,
    });
    if (statusCode !== 200) {
      await body.dump();
      return;
    }
    connected();
    // What changed before this moment was not heard.
    this.#tell({ kind: "reset" });
    let pending = "";
    body.setEncoding("utf8");
    for await (const chunk of body) {
      pending += String(chunk);
      const events = pending.split("\n\n");
      pending = events.pop() ?? "";
      for (const event of events)
        if (event.startsWith("data: ")) this.#tell(change.parse(JSON.parse(event.slice("data: ".length))));
    }
  }

  #tell(told: KeyChange): void {
    for (const listener of [...this.#listeners]) listener(told);
  }
}
