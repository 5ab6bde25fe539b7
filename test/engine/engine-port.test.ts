import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { setVariables } from "../support/environment.js";
import { descendantsOf } from "../support/gateway/children.js";
import { planWith, startTestGateway, type TestGateway } from "../support/gateway/gateway.js";

const body = JSON.stringify({
  model: "assistant",
  max_tokens: 4,
  messages: [{ role: "user", content: "Hello there" }],
});

describe("the port of a local engine", () => {
  let gateway: TestGateway;
  let restore: () => void;
  beforeAll(async () => {
    restore = setVariables({ AWS_SECRET_ACCESS_KEY: "secret-of-the-bucket", HF_TOKEN: "hf_secret" });
    gateway = await startTestGateway(
      planWith("assistant: { engine: simulated, health: { live: { every: 1s, failures: 3 } } }"),
    );
    expect((await gateway.post("/v1/chat/completions", body)).status).toBe(200);
  });
  afterAll(async () => {
    await gateway?.stop();
    restore();
  });

  const engine = (): number => {
    const found = descendantsOf(process.pid).find(({ command }) => command.includes("engine/child/main.js"));
    if (found === undefined) throw new Error("no engine runs");
    return found.pid;
  };

  /** The loopback port on which a process listens. */
  async function portOf(pid: number): Promise<number> {
    const sockets = spawnSync("sh", ["-c", `ls -l /proc/${pid}/fd`]).stdout.toString();
    for (const line of (await readFile(`/proc/${pid}/net/tcp`, "utf8")).split("\n").slice(1)) {
      const [, local = "", , state, , , , , , inode] = line.trim().split(/\s+/);
      if (state === "0A" && sockets.includes(`socket:[${inode}]`))
        return Number.parseInt(local.split(":")[1] ?? "", 16);
    }
    throw new Error(`${pid} does not listen`);
  }

  async function call(path: string, headers: Record<string, string>, content?: string): Promise<number> {
    const port = await portOf(engine());
    return new Promise((resolve, reject) => {
      const sent = httpRequest(
        { host: "127.0.0.1", port, path, method: content === undefined ? "GET" : "POST", headers },
        (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        },
      );
      sent.on("error", reject);
      sent.end(content);
    });
  }

  it("serves nothing without its token, which no other process has", async () => {
    expect(await call("/v1/models", {})).toBe(401);
    expect(await call("/health", { authorization: `Bearer ${"0".repeat(64)}` })).toBe(401);
    expect(await call("/v1/chat/completions", { "content-type": "application/json" }, body)).toBe(401);
  });

  it.each([
    ["of a page of another origin", { origin: "http://evil.example" }],
    ["to another host name, as after DNS rebinding", { host: "evil.example" }],
    ["to a host name that begins with the right one", { host: "127.0.0.1.evil.example" }],
  ])("refuses requests %s", async (_, headers) => {
    expect(await call("/v1/chat/completions", { "content-type": "text/plain", ...headers }, body)).toBe(403);
  });

  it("belongs to a process whose environment contains no credentials", async () => {
    const environment = (await readFile(`/proc/${engine()}/environ`, "utf8")).split("\0");
    expect(environment.some((each) => each.startsWith("PATH="))).toBe(true);
    expect(environment.filter((each) => /secret|AWS_|HF_TOKEN|KEELSON_/.test(each))).toEqual([]);
  });

  it("is replaced with its process when the process hangs, within the term of its liveness probe", async () => {
    const hung = engine();
    process.kill(hung, "SIGSTOP");
    const stoppedAt = performance.now();
    const response = await gateway.post("/v1/chat/completions", body);
    const seconds = (performance.now() - stoppedAt) / 1000;
    expect(response.status).toBe(200);
    expect(engine()).not.toBe(hung);
    // Three probes of a second each, the restart, and the time of a loaded machine.
    expect(seconds).toBeGreaterThan(2);
    expect(seconds).toBeLessThan(12);
  }, 30_000);
});
