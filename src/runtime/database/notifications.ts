import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import type { NotificationListener } from "./client.js";

const longestPause = 2_000;

/**
 * One connection that listens for all channels of this process, and is made anew whenever it breaks. As it is always
 * open, it is also the first to know that PostgreSQL went away or came back.
 */
export class Notifications {
  readonly #channels = new Map<string, Set<NotificationListener>>();
  readonly #settings: pg.ClientConfig;
  readonly #heard: { lost(error: unknown): void; found(): void };
  readonly #closed = new AbortController();
  #client: pg.Client | undefined;
  #asking: Promise<void> = Promise.resolve();
  #running: Promise<void> | undefined;

  constructor(settings: pg.ClientConfig, heard: { lost(error: unknown): void; found(): void }) {
    this.#settings = settings;
    this.#heard = heard;
  }

  /** Connects in the background and stays connected until `close`. */
  start(): void {
    this.#running ??= this.#run();
  }

  listen(channel: string, listener: NotificationListener): () => void {
    const listeners = this.#channels.get(channel) ?? new Set();
    const fresh = listeners.size === 0;
    listeners.add(listener);
    this.#channels.set(channel, listeners);
    const client = this.#client;
    // A failure here breaks the connection, and the next one listens to everything.
    if (fresh && client) this.#asking = this.#asking.then(() => listenTo(client, channel)).catch(() => {});
    return () => {
      listeners.delete(listener);
    };
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await this.#client?.end().catch(() => {});
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closed;
    let pause = 50;
    while (!signal.aborted) {
      try {
        const { gone } = await this.#connect();
        pause = 50;
        const error = await gone;
        if (!signal.aborted) this.#lost(error);
      } catch (error) {
        if (!signal.aborted) this.#lost(error);
        await sleep(pause, undefined, { signal }).catch(() => {});
        pause = Math.min(pause * 2, longestPause);
      }
    }
  }

  #lost(error: unknown): void {
    this.#heard.lost(error);
    for (const listeners of this.#channels.values()) for (const listener of listeners) listener.lost();
  }

  /** Resolves once every channel is listened to; `gone` resolves, with the reason, when that connection has ended. */
  async #connect(): Promise<{ readonly gone: Promise<unknown> }> {
    const client = new pg.Client(this.#settings);
    let reason: unknown = new Error("Connection terminated");
    client.on("error", (error) => {
      reason = error;
    });
    client.on("notification", ({ channel, payload }) => {
      for (const listener of this.#channels.get(channel) ?? []) listener.notified(payload ?? "");
    });
    const gone = new Promise<unknown>((resolve) => client.once("end", () => resolve(reason)));
    try {
      await client.connect();
      this.#client = client;
      // A client takes one statement at a time; channels that are added meanwhile are asked for after these.
      this.#asking = (async () => {
        for (const channel of this.#channels.keys()) await listenTo(client, channel);
      })();
      await this.#asking;
    } catch (error) {
      this.#client = undefined;
      void client.end().catch(() => {});
      throw error;
    }
    this.#heard.found();
    for (const listeners of this.#channels.values()) for (const listener of listeners) listener.reset();
    return { gone };
  }
}

async function listenTo(client: pg.Client, channel: string): Promise<void> {
  await client.query(`listen ${pg.escapeIdentifier(channel)}`);
}
