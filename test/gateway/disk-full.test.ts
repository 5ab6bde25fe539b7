import { execFileSync } from "node:child_process";
import { cp, mkdtemp, rm, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { Journal, type JournalListener } from "../../src/runtime/gateway/usage/journal.js";
import { Publisher } from "../../src/runtime/gateway/usage/publisher.js";
import { Gate } from "../support/gateway/gate.js";
import { metric, planWith, startTestGateway, TestUsage } from "../support/gateway/gateway.js";
import { chunk, startUpstream, wellBehaved } from "../support/gateway/upstream.js";
import { until } from "../support/until.js";

/** A separate file system that can be filled; requires permission to mount. */
function mountSmall(directory: string): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", directory], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Reports whether its entry was written; `onFailure` is its decision about a settlement that was not. */
function listener(report: (written: boolean) => void, onFailure: "retry" | "discard"): JournalListener {
  return {
    onJournaled: () => report(true),
    onJournalFailure: () => {
      report(false);
      return onFailure;
    },
  };
}

/** What an event contains of an answer. */
const ANSWER = {
  inputTokens: 3,
  outputTokens: 5,
  status: 200,
  durationMs: 1,
  estimated: false,
  firstTokenMs: null,
} as const;

describe("a full disk under the usage journal", () => {
  it("refuses requests that it could not count, leaves streams incomplete, and recovers by itself", async (context) => {
    const directory = await mkdtemp(join(tmpdir(), "keelson-full-"));
    if (!mountSmall(directory)) {
      await rm(directory, { recursive: true });
      context.skip("this user may not mount a file system");
      return;
    }
    const gate = new Gate();
    const upstream = await startUpstream(async (received, response) => {
      const { path, body } = received;
      if (!body.stream) return wellBehaved(received, response);
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (let count = 0; count < 30; count += 1) response.write(chunk(path, body.model, `word${count} `));
      await gate.pass();
      response.end("data: [DONE]\n\n");
    });
    const gateway = await startTestGateway(planWith(`assistant: { upstreams: "${upstream.url}" }`), { directory });
    try {
      const request = (stream = true): Promise<Response> =>
        gateway.post("/v1/chat/completions", {
          model: "assistant",
          stream,
          messages: [{ role: "user", content: "Go" }],
        });
      const stream = await request();
      const text = stream.text().catch(() => "cut");
      const ballast = join(directory, "ballast");
      await writeFile(ballast, Buffer.alloc(4 * 1024 * 1024)).catch(() => {});
      // The journal fails with the first entry that does not fit: its allocated page has space for a few more.
      let first = await request(false);
      for (let count = 0; count < 60 && first.status === 200; count += 1) first = await request(false);
      expect(first.status).toBe(503);
      expect(await first.json()).toMatchObject({ error: { code: "usage_unavailable" } });
      expect(first.headers.get("retry-after")).toBe("5");
      const received = upstream.received.length;
      expect((await request(false)).status).toBe(503);
      expect(upstream.received.length).toBe(received);
      expect(metric(await gateway.metrics(), "keelson_usage_log_failing")).toBe(1);
      // The text of the stream was sent, its end was not.
      gate.open();
      expect(await text).not.toContain("[DONE]");
      await unlink(ballast);
      let again = await request();
      await until(async () => {
        if (again.status !== 200) again = await request();
        return again.status === 200;
      });
      expect(await again.text()).toContain("[DONE]");
      // Every response that has started is counted, including the incomplete stream.
      await until(async () => metric(await gateway.metrics(), "keelson_usage_unpublished_events") === 0);
      const events = [...gateway.usage.events.values()];
      expect(events.filter(({ outputTokens }) => outputTokens === 30)).toHaveLength(2);
      expect(metric(await gateway.metrics(), "keelson_usage_log_failing")).toBe(0);
    } finally {
      await gateway.stop();
      await upstream.stop();
      execFileSync("umount", [directory]);
      await rm(directory, { recursive: true, force: true });
    }
  }, 30_000);

  it("counts what clients received and nothing else, although they retried", async (context) => {
    const directory = await mkdtemp(join(tmpdir(), "keelson-full-"));
    if (!mountSmall(directory)) {
      await rm(directory, { recursive: true });
      context.skip("this user may not mount a file system");
      return;
    }
    const upstream = await startUpstream(async (received, response) => {
      // Long enough that requests are in flight when the disk becomes full.
      await new Promise((resolve) => setTimeout(resolve, 30));
      return wellBehaved(received, response);
    });
    const gateway = await startTestGateway(planWith(`assistant: { upstreams: "${upstream.url}" }`), { directory });
    const answered: string[] = [];
    let refused = 0;
    let refusedAfterTheCall = 0;
    try {
      /** A client that retries until it has received its response. */
      const client = async (requests: number): Promise<void> => {
        for (let count = 0; count < requests; count += 1) {
          for (let attempt = 0; attempt < 200; attempt += 1) {
            const answer = await gateway.post("/v1/chat/completions", {
              model: "assistant",
              messages: [{ role: "user", content: "Go" }],
            });
            const id = answer.headers.get("x-request-id");
            await answer.arrayBuffer();
            if (answer.status === 200) {
              answered.push(id ?? "none");
              break;
            }
            expect(answer.status).toBe(503);
            refused += 1;
            // It has an id: the request had reached the model when its entry could not be written.
            if (id !== null) refusedAfterTheCall += 1;
            await until(async () => metric(await gateway.metrics(), "keelson_usage_log_failing") === 0);
          }
        }
      };
      const clients = Promise.all(Array.from({ length: 16 }, () => client(40)));
      const ballast = join(directory, "ballast");
      for (let times = 0; times < 4; times += 1) {
        const [before, refusedBefore] = [answered.length, refused];
        await until(() => answered.length > before + 40);
        await writeFile(ballast, Buffer.alloc(4 * 1024 * 1024)).catch(() => {});
        await until(() => refused > refusedBefore + 8);
        await unlink(ballast);
      }
      await clients;
      expect(answered).toHaveLength(640);
      expect(refused).toBeGreaterThan(0);
      expect(refusedAfterTheCall).toBeGreaterThan(0);
      await gateway.usage.settled(answered.length);
      await until(async () => {
        const text = await gateway.metrics();
        return metric(text, "keelson_usage_unpublished_events") + metric(text, "keelson_usage_open_intents") === 0;
      });
      expect([...gateway.usage.events.keys()].sort()).toEqual([...answered].sort());
    } finally {
      await gateway.stop();
      await upstream.stop();
      execFileSync("umount", [directory]);
      await rm(directory, { recursive: true, force: true });
    }
  }, 60_000);

  it("voids refused requests, so that no later recovery counts them", async (context) => {
    const directory = await mkdtemp(join(tmpdir(), "keelson-full-"));
    const copy = await mkdtemp(join(tmpdir(), "keelson-copy-"));
    if (!mountSmall(directory)) {
      await Promise.all([directory, copy].map((made) => rm(made, { recursive: true })));
      context.skip("this user may not mount a file system");
      return;
    }
    const log = pino({ level: "silent" });
    const entry = { at: 1000, organisation: "org", keyId: "key", model: "assistant", operation: "chat" } as const;
    try {
      // Nothing is published in this test: every file remains for the recovery.
      const journal = await Journal.open(directory, log, 0);
      const settle = (id: string, onFailure: "retry" | "discard"): Promise<boolean> => {
        const event = { ...entry, ...ANSWER, id };
        return new Promise((resolve) => journal.settle(event, listener(resolve, onFailure)));
      };
      for (const id of ["whole", "started", "refused"])
        await new Promise((resolve) => journal.intent({ ...entry, id, inputTokens: 3 }, listener(resolve, "retry")));
      expect(await settle("whole", "retry")).toBe(true);
      const ballast = join(directory, "ballast");
      await writeFile(ballast, Buffer.alloc(4 * 1024 * 1024)).catch(() => {});
      // The allocated page of the journal has space for a few more entries.
      for (let count = 0; count < 20_000 && journal.failing === undefined; count += 1) {
        journal.checkpoint("started", count);
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(journal.failing).toBeDefined();
      expect(await Promise.all([settle("started", "retry"), settle("refused", "discard")])).toEqual([false, false]);
      expect(journal.backlog.open).toBe(1);
      await unlink(ballast);
      await until(() => journal.failing === undefined);
      expect(journal.failing).toBeUndefined();
      expect(journal.backlog.open).toBe(0);
      // A copy of the files, as a crash at this point leaves them.
      await cp(directory, copy, { recursive: true });
      await unlink(join(copy, "owner"));
      await journal.close();

      const usage = new TestUsage();
      const next = await Journal.open(copy, log, 0);
      const rest = new Publisher(next, usage, log, () => {});
      await next.rotate();
      await rest.stop(AbortSignal.timeout(2000));
      await next.close();
      expect([...usage.events.values()].map(({ id, status }) => `${id} ${status}`).sort()).toEqual([
        "started 200",
        "whole 200",
      ]);
    } finally {
      execFileSync("umount", [directory]);
      await Promise.all([directory, copy].map((made) => rm(made, { recursive: true })));
    }
  }, 30_000);

  it("loses no long response whose entries were being copied into a newer file when the disk became full", async (context) => {
    const directory = await mkdtemp(join(tmpdir(), "keelson-full-"));
    if (!mountSmall(directory)) {
      await rm(directory, { recursive: true });
      context.skip("this user may not mount a file system");
      return;
    }
    const log = pino({ level: "silent" });
    const entry = { at: 1000, organisation: "org", keyId: "key", model: "assistant", operation: "chat" } as const;
    const usage = new TestUsage();
    try {
      const journal = await Journal.open(directory, log, 0);
      const publisher = new Publisher(journal, usage, log, () => {});
      const intend = (id: string) =>
        new Promise<boolean>((resolve) => journal.intent({ ...entry, id, inputTokens: 3 }, listener(resolve, "retry")));
      const answer = async (id: string): Promise<void> => {
        expect(await intend(id)).toBe(true);
        const event = { ...entry, ...ANSWER, id };
        await new Promise((resolve) => journal.settle(event, listener(resolve, "retry")));
      };
      expect(await intend("long")).toBe(true);
      journal.checkpoint("long", 7);
      // Files accumulate behind the long response, until the journal copies its entries to the newest file.
      for (let file = 0; file < 7; file += 1) {
        await answer(`short-${file}`);
        await journal.rotate();
        await usage.settled(file + 1);
      }
      await answer("last");
      const ballast = join(directory, "ballast");
      await writeFile(ballast, Buffer.alloc(4 * 1024 * 1024)).catch(() => {});
      await until(() => journal.failing !== undefined);
      expect(journal.failing).toBeDefined();
      expect(journal.backlog.open).toBe(1);
      await unlink(ballast);
      await until(() => journal.failing === undefined);
      expect(journal.failing).toBeUndefined();
      await publisher.stop(AbortSignal.timeout(2000));
      await journal.close();

      const next = await Journal.open(directory, log, 0);
      const rest = new Publisher(next, usage, log, () => {});
      await next.rotate();
      await rest.stop(AbortSignal.timeout(2000));
      await next.close();
      expect(usage.events.get("long")).toMatchObject({ estimated: true, outputTokens: 7, status: 500 });
      expect(usage.events.size).toBe(9);
    } finally {
      execFileSync("umount", [directory]);
      await rm(directory, { recursive: true });
    }
  }, 30_000);
});
