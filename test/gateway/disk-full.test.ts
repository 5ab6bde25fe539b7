import { execFileSync } from "node:child_process";
import { cp, mkdtemp, rm, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { Journal, type JournalListener } from "../../src/runtime/gateway/usage/journal.js";
import { Publisher } from "../../src/runtime/gateway/usage/publisher.js";
import { metric, planWith, startTestGateway, TestUsage } from "../support/gateway/gateway.js";
import { chunk, startUpstream, wellBehaved } from "../support/gateway/upstream.js";

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A file system of its own that can be filled; needs the right to mount. */
function mountSmall(directory: string): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", directory], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Tells whether its entry reached the disk; `becomes` is what it says of a settlement that did not. */
function waiter(tell: (written: boolean) => void, becomes: "retry" | "discard"): JournalListener {
  return {
    onJournaled: () => tell(true),
    onJournalFailure: () => {
      tell(false);
      return becomes;
    },
  };
}

describe("a full disk under the usage log", () => {
  it("refuses requests rather than answer them uncounted, ends streams unfinished, and recovers by itself", async (context) => {
    const directory = await mkdtemp(join(tmpdir(), "keelson-full-"));
    if (!mountSmall(directory)) {
      await rm(directory, { recursive: true });
      context.skip("this user may not mount a file system");
      return;
    }
    const upstream = await startUpstream(async (received, response) => {
      const { path, body } = received;
      if (!body.stream) return wellBehaved(received, response);
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (let count = 0; count < 30; count += 1) {
        response.write(chunk(path, body.model, `word${count} `));
        await sleep(50);
      }
      response.end("data: [DONE]\n\n");
    });
    const gateway = await startTestGateway(planWith(`assistant: { upstreams: "${upstream.url}" }`), { directory });
    try {
      const ask = (stream = true): Promise<Response> =>
        gateway.post("/v1/chat/completions", {
          model: "assistant",
          stream,
          messages: [{ role: "user", content: "Go" }],
        });
      const stream = await ask();
      const text = stream.text().catch(() => "cut");
      await sleep(200);
      const ballast = join(directory, "ballast");
      await writeFile(ballast, Buffer.alloc(4 * 1024 * 1024)).catch(() => {});
      // The log notices with the first entry that does not fit: the page that it has holds a few more.
      let first = await ask(false);
      for (let count = 0; count < 60 && first.status === 200; count += 1) first = await ask(false);
      expect(first.status).toBe(503);
      expect(await first.json()).toMatchObject({ error: { code: "usage_unavailable" } });
      expect(first.headers.get("retry-after")).toBe("5");
      const asked = upstream.received.length;
      expect((await ask(false)).status).toBe(503);
      expect(upstream.received.length).toBe(asked);
      expect(metric(await gateway.metrics(), "keelson_usage_log_failing")).toBe(1);
      // The stream's words went out, its end did not.
      expect(await text).not.toContain("[DONE]");
      await unlink(ballast);
      let again = await ask();
      for (let waited = 0; waited < 5000 && again.status !== 200; waited += 200) {
        await sleep(200);
        again = await ask();
      }
      expect(await again.text()).toContain("[DONE]");
      // Every answer of which words went out is counted: the unfinished stream as well.
      for (
        let waited = 0;
        waited < 3000 && metric(await gateway.metrics(), "keelson_usage_unpublished_events") > 0;
        waited += 50
      )
        await sleep(50);
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

  it("counts what clients got and nothing else, although they tried again", async (context) => {
    const directory = await mkdtemp(join(tmpdir(), "keelson-full-"));
    if (!mountSmall(directory)) {
      await rm(directory, { recursive: true });
      context.skip("this user may not mount a file system");
      return;
    }
    const upstream = await startUpstream(async (received, response) => {
      await sleep(30);
      return wellBehaved(received, response);
    });
    const gateway = await startTestGateway(planWith(`assistant: { upstreams: "${upstream.url}" }`), { directory });
    const answered: string[] = [];
    let refused = 0;
    let refusedAfterTheCall = 0;
    try {
      /** A client as they are: it tries again until it has its answer. */
      const client = async (questions: number): Promise<void> => {
        for (let question = 0; question < questions; question += 1) {
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
            // An id was given: the request was on its way to the model when the disk refused its entry.
            if (id !== null) refusedAfterTheCall += 1;
            await sleep(50);
          }
        }
      };
      const clients = Promise.all(Array.from({ length: 16 }, () => client(40)));
      const ballast = join(directory, "ballast");
      for (let times = 0; times < 4; times += 1) {
        await sleep(300);
        await writeFile(ballast, Buffer.alloc(4 * 1024 * 1024)).catch(() => {});
        for (
          let waited = 0;
          waited < 3000 && metric(await gateway.metrics(), "keelson_usage_log_failing") === 0;
          waited += 20
        )
          await sleep(20);
        await sleep(200);
        await unlink(ballast);
      }
      await clients;
      expect(answered).toHaveLength(640);
      expect(refused).toBeGreaterThan(0);
      expect(refusedAfterTheCall).toBeGreaterThan(0);
      await gateway.usage.settled(answered.length);
      // More would come now, were more owed.
      await sleep(1000);
      expect([...gateway.usage.events.keys()].sort()).toEqual([...answered].sort());
    } finally {
      await gateway.stop();
      await upstream.stop();
      execFileSync("umount", [directory]);
      await rm(directory, { recursive: true, force: true });
    }
  }, 60_000);

  it("leaves a void behind, so that no later recovery counts what was refused", async (context) => {
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
      // Nobody publishes here: every file stays for the recovery to find.
      const journal = await Journal.open(directory, log, 0);
      const settle = (id: string, becomes: "retry" | "discard"): Promise<boolean> => {
        const event = { ...entry, id, inputTokens: 3, outputTokens: 5, status: 200, durationMs: 1, estimated: false };
        return new Promise((resolve) => journal.settle(event, waiter(resolve, becomes)));
      };
      for (const id of ["whole", "begun", "refused"])
        await new Promise((resolve) => journal.intent({ ...entry, id, inputTokens: 3 }, waiter(resolve, "retry")));
      expect(await settle("whole", "retry")).toBe(true);
      const ballast = join(directory, "ballast");
      await writeFile(ballast, Buffer.alloc(4 * 1024 * 1024)).catch(() => {});
      // The page that the log has takes a few more.
      for (let count = 0; count < 200 && journal.failing === undefined; count += 1) {
        journal.checkpoint("begun", count);
        await sleep(5);
      }
      expect(journal.failing).toBeDefined();
      expect(await Promise.all([settle("begun", "retry"), settle("refused", "discard")])).toEqual([false, false]);
      expect(journal.backlog.open).toBe(1);
      await unlink(ballast);
      for (let waited = 0; waited < 5000 && journal.failing !== undefined; waited += 50) await sleep(50);
      expect(journal.failing).toBeUndefined();
      expect(journal.backlog.open).toBe(0);
      // As a process that is killed now would leave them.
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
        "begun 200",
        "whole 200",
      ]);
    } finally {
      execFileSync("umount", [directory]);
      await Promise.all([directory, copy].map((made) => rm(made, { recursive: true })));
    }
  }, 30_000);

  it("loses no long answer whose entries were on their way into a newer file when the disk was full", async (context) => {
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
        new Promise<boolean>((resolve) => journal.intent({ ...entry, id, inputTokens: 3 }, waiter(resolve, "retry")));
      const answer = async (id: string): Promise<void> => {
        expect(await intend(id)).toBe(true);
        const event = { ...entry, id, inputTokens: 3, outputTokens: 5, status: 200, durationMs: 1, estimated: false };
        await new Promise((resolve) => journal.settle(event, waiter(resolve, "retry")));
      };
      expect(await intend("long")).toBe(true);
      journal.checkpoint("long", 7);
      // Files pile up behind the long answer until the next one makes the log copy it forward.
      for (let file = 0; file < 7; file += 1) {
        await answer(`short-${file}`);
        await journal.rotate();
        await usage.settled(file + 1);
      }
      await answer("last");
      const ballast = join(directory, "ballast");
      await writeFile(ballast, Buffer.alloc(4 * 1024 * 1024)).catch(() => {});
      for (let waited = 0; waited < 5000 && journal.failing === undefined; waited += 50) await sleep(50);
      expect(journal.failing).toBeDefined();
      expect(journal.backlog.open).toBe(1);
      await unlink(ballast);
      for (let waited = 0; waited < 5000 && journal.failing !== undefined; waited += 50) await sleep(50);
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
