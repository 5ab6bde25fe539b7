import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { planWith } from "../support/gateway/gateway.js";
import { describeWith } from "../support/requirements.js";

const program = fileURLToPath(new URL("../../bin/keelson.js", import.meta.url));
const run = promisify(execFile);
const token = "the-token-of-the-platform";
const reply = z.array(z.object({ status: z.number(), text: z.string() }));

/** In a separate network namespace, whose second address represents another machine. */
describeWith(["network namespaces"], "a process that listens on every address", () => {
  let directory: string;
  let serving: ChildProcess;
  let output = "";

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "keelson-operators-"));
    const plan = join(directory, "plan.json");
    await writeFile(plan, JSON.stringify(planWith("assistant: { engine: simulated }")));
    await mkdir(join(directory, "secrets/internal"), { recursive: true });
    await writeFile(join(directory, "secrets/internal/engine-token"), token);
    const serve = [
      ...["serve", "--plan", plan, "--modules", "engine", "--listen", "0.0.0.0:8800"],
      ...[
        "--metrics-listen",
        "0.0.0.0:9464",
        "--data",
        join(directory, "data"),
        "--secrets",
        join(directory, "secrets"),
      ],
    ];
    serving = spawn(
      "unshare",
      [
        ...["--net", "sh", "-c"],
        'ip link set lo up && ip address add 192.0.2.1/32 dev lo && exec "$@"',
        ...["sh", process.execPath, program, ...serve],
      ],
      { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, KEELSON_LOG: "warn" } },
    );
    for (const stream of [serving.stdout, serving.stderr]) {
      stream?.on("data", (data: Buffer) => {
        output += data.toString();
      });
    }
    for (let waited = 0; waited < 20_000; waited += 500) {
      if (serving.exitCode !== null) break;
      // Until the process of its model is ready, it is degraded.
      const health = await send("127.0.0.1:8800", ["/health"]).catch(() => undefined);
      if (health?.[0]?.text.includes('"healthy"')) return;
    }
    throw new Error(`keelson serve is not healthy:\n${output}`);
  }, 30_000);
  afterAll(async () => {
    if (serving.exitCode === null && serving.signalCode === null) {
      const exited = once(serving, "exit");
      serving.kill("SIGTERM");
      await exited;
    }
    await rm(directory, { recursive: true, force: true });
  });

  /** Sends requests from inside that namespace. A request to the outer address also comes from it. */
  async function send(
    host: string,
    paths: readonly string[],
    headers: Readonly<Record<string, string>> = {},
  ): Promise<z.infer<typeof reply>> {
    const script = `
      const [host, paths, headers] = process.argv.slice(1).map((word) => JSON.parse(word));
      const answers = await Promise.all(paths.map(async (path) => {
        const answer = await fetch("http://" + host + path, { headers, signal: AbortSignal.timeout(5000) });
        return { status: answer.status, text: await answer.text() };
      }));
      console.log(JSON.stringify(answers));`;
    const words = [host, paths, headers].map((word) => JSON.stringify(word));
    const inside = ["--net", "--target", String(serving.pid), process.execPath, "--input-type=module", "-e", script];
    const { stdout } = await run("nsenter", [...inside, ...words]);
    return reply.parse(JSON.parse(stdout));
  }
  const statuses = async (...requests: Parameters<typeof send>): Promise<number[]> =>
    (await send(...requests)).map(({ status }) => status);

  const pages = ["/metrics", "/services", "/metrics?x=1", "/services/"];

  it("shows clients of other machines whether it is healthy, and no details", async () => {
    const health = await send("192.0.2.1:8800", ["/health", "/health/liveness", "/health/readiness"]);
    expect(health.map(({ status, text }) => [status, JSON.parse(text)])).toEqual([
      [200, { status: "healthy" }],
      [200, { status: "alive" }],
      [200, { status: "ready" }],
    ]);
    for (const { status, text } of await send("192.0.2.1:8800", pages)) {
      expect(status).toBe(401);
      expect(text).toContain("internal/unauthorized");
      expect(text).not.toMatch(/keelson_|pid|engine/);
    }
    expect(await statuses("192.0.2.1:8800", pages, { authorization: "Bearer a-guess" })).toEqual([401, 401, 401, 401]);
    // A header that the client sets itself grants nothing.
    expect(await statuses("192.0.2.1:8800", pages, { "x-forwarded-for": "127.0.0.1" })).toEqual([401, 401, 401, 401]);
  });

  it("shows details to holders of its token only, on every address", async () => {
    for (const host of ["127.0.0.1:8800", "192.0.2.1:8800"]) {
      expect(await statuses(host, pages), host).toEqual([401, 401, 401, 401]);
      expect(await statuses(host, pages, { authorization: `Bearer ${token}` }), host).toEqual([200, 200, 200, 200]);
    }
  });

  it("serves metrics without a token on a port that serves nothing else", async () => {
    const [metrics, ...others] = await send("192.0.2.1:9464", ["/metrics", "/services", "/v1/models", "/health", "/"]);
    expect(metrics?.status).toBe(200);
    expect(metrics?.text).toContain('keelson_module_ready{module="engine"} 1');
    expect(others.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
  });
});
