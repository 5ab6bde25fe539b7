import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { PostgresClient } from "../../postgres-client/client.js";
import type { NotificationListener } from "./client.js";

const MIN_BACKOFF_MS = 50;
const MAX_BACKOFF_MS = 2_000;

interface Connection {
  readonly client: pg.Client;
  /** Closes the connection for this reason; it is then replaced. */
  fail(reason: unknown): void;
}

/**
 * One connection that listens to all channels of this process and reconnects when it is lost. As it is always open, it is also the
 * first to detect that PostgreSQL has become unreachable or reachable.
 */
export class Notifications {
  readonly #channels = new Map<string, Set<NotificationListener>>();
  readonly #settings: pg.ClientConfig;
  readonly #events: { lost(error: unknown): void; established(): void };
  readonly #closed = new AbortController();
  #connection: Connection | undefined;
  #listening: Promise<void> = Promise.resolve();
  #running: Promise<void> | undefined;

  constructor(settings: pg.ClientConfig, events: { lost(error: unknown): void; established(): void }) {
    this.#settings = settings;
    this.#events = events;
  }

  /** Connects in the background and stays connected until `close`. Resolves after `close`. */
  start(): Promise<void> {
    this.#running ??= this.#run();
    return this.#running;
  }

  listen(channel: string, listener: NotificationListener): () => void {
    const listeners = this.#channels.get(channel) ?? new Set();
    const first = listeners.size === 0;
    listeners.add(listener);
    this.#channels.set(channel, listeners);
    const connection = this.#connection;
    // PostgreSQL may refuse the statement and keep the connection open, which would lose the channel's notifications silently. The
    // new connection listens to all channels.
    if (first && connection)
      this.#listening = this.#listening.then(() => listenTo(connection.client, channel)).catch(connection.fail);
    return () => {
      listeners.delete(listener);
      // The next connection does not listen to it.
      if (listeners.size === 0 && this.#channels.get(channel) === listeners) this.#channels.delete(channel);
    };
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await this.#connection?.client.end().catch(() => {});
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closed;
    let backoff = MIN_BACKOFF_MS;
    while (!signal.aborted) {
      try {
        const { closed } = await this.#connect();
        backoff = MIN_BACKOFF_MS;
        const error = await closed;
        if (!signal.aborted) this.#lost(error);
      } catch (error) {
        if (!signal.aborted) this.#lost(error);
        await sleep(backoff, undefined, { signal }).catch(() => {});
        backoff = Math.min(backoff * 2, MAX_BACKOFF_MS);
      }
    }
  }

  #lost(error: unknown): void {
    this.#events.lost(error);
    for (const listeners of this.#channels.values()) for (const listener of listeners) listener.lost();
  }

  /** Resolves once every channel is listened to; `closed` resolves, with the reason, when that connection is closed. */
  async #connect(): Promise<{ readonly closed: Promise<unknown> }> {
    const client = new PostgresClient(this.#settings);
    let reason: unknown = new Error("Connection terminated");
    client.on("error", (error) => {
      reason = error;
    });
    client.on("notification", ({ channel, payload }) => {
      for (const listener of this.#channels.get(channel) ?? []) listener.notified(payload ?? "");
    });
    const closed = new Promise<unknown>((resolve) => client.once("end", () => resolve(reason)));
    try {
      await client.connect();
      this.#connection = {
        client,
        fail: (error) => {
          reason = error;
          void client.end().catch(() => {});
        },
      };
      // A client runs one statement at a time: channels that are added meanwhile follow after these.
      this.#listening = (async () => {
        for (const channel of this.#channels.keys()) await listenTo(client, channel);
      })();
      await this.#listening;
    } catch (error) {
      this.#connection = undefined;
      void client.end().catch(() => {});
      throw error;
    }
    this.#events.established();
    for (const listeners of this.#channels.values()) for (const listener of listeners) listener.reset();
    return { closed };
  }
}

async function listenTo(client: pg.Client, channel: string): Promise<void> {
  await client.query(`listen ${pg.escapeIdentifier(channel)}`);
}
