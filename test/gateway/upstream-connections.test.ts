import { connect, createServer, type Server } from "node:net";
import { describe, expect, it } from "vitest";
import { key, metric, planWith, startTestGateway } from "../support/gateway/gateway.js";
import { CHAT, complete, messages, startRealServers, streamed, text } from "../support/gateway/real-servers.js";
import { chunk, startUpstream, wellBehaved, words } from "../support/gateway/upstream.js";
import { until } from "../support/until.js";

const servers = startRealServers();

describe("a slow server", () => {
  it("has one limit until the first content, also after its head and comments, and is not requested again", async () => {
    servers.upstream.behave((_received, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const comments = setInterval(() => response.write(": still here\n\n"), 100);
      response.on("close", () => clearInterval(comments));
    });
    await expect(streamed(servers.client)).rejects.toMatchObject({
      status: 502,
      message: expect.stringContaining("sent no content within 1 s"),
    });
    expect(servers.upstream.received).toHaveLength(1);
    servers.upstream.behave(() => {});
    await expect(complete(servers.client)).rejects.toMatchObject({ status: 502 });
    expect(servers.upstream.received).toHaveLength(2);
  });

  it("may take longer than the limit for all of its content", async () => {
    servers.upstream.behave(async ({ path, body }, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (const word of words) {
        response.write(chunk(path, body.model, word));
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
      response.end(`${chunk(path, body.model, "", "stop")}data: [DONE]\n\n`);
    });
    expect(await streamed(servers.client)).toBe(text);
  });

  it("is replaced by another server", async () => {
    servers.upstream.behave(() => {});
    const answers = await Promise.all([complete(servers.client, "steady"), complete(servers.client, "steady")]);
    expect(answers).toEqual([text, text]);
    expect(servers.upstream.received.length).toBeLessThanOrEqual(2);
  });
});

describe("the base address of a server", () => {
  it.each([
    ["", "/v1/chat/completions"],
    ["/", "/v1/chat/completions"],
    ["/v1", "/v1/chat/completions"],
    ["/v1/", "/v1/chat/completions"],
    ["/api/paas/v4", "/api/paas/v4/chat/completions"],
    ["/openai?api-version=2026-01-01", "/openai/chat/completions?api-version=2026-01-01"],
    ["?tenant=a", "/v1/chat/completions?tenant=a"],
  ])("%s leads to %s", async (base, path) => {
    const own = await startTestGateway(planWith(`assistant: { upstreams: "${servers.upstream.url}${base}" }`));
    servers.upstream.behave((received, response) =>
      wellBehaved({ ...received, path: received.path.replace(/\?.*/, "") }, response),
    );
    await own.post(CHAT, { model: "assistant", messages });
    expect(servers.upstream.received.at(-1)?.path).toBe(path);
    await own.stop();
  });
});

describe("a connection that is never made", () => {
  it("has sent nothing: the request is retried there until the queue's deadline", async () => {
    const port = Number(new URL(servers.upstream.url).port);
    await servers.upstream.stop();
    const answer = complete(servers.client);
    servers.upstream = await startUpstream(wellBehaved, port);
    expect(await answer).toBe(text);
  });

  it("is retried although the server closes connections before they are used", async () => {
    let refused = 0;
    const closing: Server = createServer((socket) => {
      refused += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => closing.listen(0, "127.0.0.1", resolve));
    const address = closing.address();
    const url = typeof address === "object" && address !== null ? `http://127.0.0.1:${address.port}` : "";
    const own = await startTestGateway(
      planWith(`assistant: { upstreams: [{ url: "${url}" }, { url: "${servers.backup.url}" }] }`),
    );
    for (let count = 0; count < 4; count += 1)
      expect((await own.post(CHAT, { model: "assistant", messages })).status).toBe(200);
    expect(refused).toBeGreaterThan(0);
    expect(metric(await own.metrics(), "keelson_gateway_retries_total")).toBeGreaterThan(0);
    await own.stop();
    closing.close();
  });
});

describe("a client that does not read its response", () => {
  it("gives up its slot when another request waits for one", async () => {
    const { upstream } = servers;
    const own = await startTestGateway(planWith(`assistant: { upstreams: "${upstream.url}", concurrency: 1 }`));
    const piece = chunk(CHAT, "m", "x".repeat(60_000));
    upstream.behave((received, response) => {
      if (received.text.includes("endless")) {
        response.writeHead(200, { "content-type": "text/event-stream" });
        const send = (): void => {
          if (!response.destroyed) response.write(piece, send);
        };
        send();
      } else void wellBehaved(received, response);
    });
    const { hostname, port } = new URL(own.url);
    const unread = connect(Number(port), hostname);
    unread.on("error", () => {});
    unread.pause();
    const body = JSON.stringify({ model: "assistant", stream: true, messages: [{ role: "user", content: "endless" }] });
    unread.write(
      `POST ${CHAT} HTTP/1.1\r\nhost: ${hostname}\r\nauthorization: Bearer ${key}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    await until(async () => upstream.received.some((each) => each.text.includes("endless")));
    const startedAt = performance.now();
    expect((await own.post(CHAT, { model: "assistant", messages })).status).toBe(200);
    expect(performance.now() - startedAt).toBeLessThan(15_000);
    expect((await own.usage.settled(2)).map(({ status }) => status).sort()).toEqual([200, 499]);
    unread.destroy();
    await own.stop();
  });
});
