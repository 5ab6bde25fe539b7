import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, expect, it } from "vitest";
import { freePort } from "../../src/local/free-port.js";
import { type Kernel, startKernel } from "../../src/runtime/kernel/kernel.js";
import { planWith } from "../support/gateway/gateway.js";
import { describeWith } from "../support/requirements.js";
import { until } from "../support/until.js";

/** The plainest configuration: it adds no header, and connects from loopback with the address of the process as Host. */
describeWith(["nginx"], "a process behind nginx on its own machine", ({ nginx: program }) => {
  let directory: string;
  let kernel: Kernel;
  let nginx: ChildProcess;
  let url: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "keelson-nginx-"));
    kernel = await startKernel(
      {},
      {
        plan: planWith("assistant: { engine: simulated }"),
        modules: [],
        listen: { host: "127.0.0.1", port: 0 },
        dataDirectory: join(directory, "data"),
        secretsDirectory: join(directory, "secrets"),
        log: pino({ level: "silent" }),
      },
    );
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    await mkdir(join(directory, "nginx"));
    const config = join(directory, "nginx/nginx.conf");
    const bodies = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    await writeFile(
      config,
      `daemon off; master_process off; pid ${directory}/nginx/pid; error_log ${directory}/nginx/error.log;
events {}
http {
  access_log off;
  ${bodies.map((name) => `${name}_temp_path ${directory}/nginx/${name};`).join(" ")}
  server { listen 127.0.0.1:${port}; location / { proxy_pass ${kernel.url}; } }
}`,
    );
    nginx = spawn(program, ["-e", join(directory, "nginx/error.log"), "-c", config], { stdio: "ignore" });
    await until(
      () =>
        fetch(`${url}/health`).then(
          () => true,
          () => false,
        ),
      "nginx responds",
    );
  });
  afterAll(async () => {
    if (nginx.exitCode === null) {
      const exited = once(nginx, "exit");
      nginx.kill("SIGTERM");
      await exited;
    }
    await kernel.stop();
    await rm(directory, { recursive: true, force: true });
  });

  it("shows unauthenticated clients its status, and no metrics, modules or reasons", async () => {
    expect(await (await fetch(`${url}/health`)).json()).toEqual({ status: "healthy" });
    for (const path of ["/metrics", "/services", "/internal/accounts/changes"])
      expect((await fetch(`${url}${path}`)).status, path).not.toBe(200);
    expect([(await fetch(`${url}/metrics`)).status, (await fetch(`${url}/services`)).status]).toEqual([401, 401]);
  });

  it("shows them to holders of the token", async () => {
    const token = await readFile(join(directory, "secrets/internal/token"), "utf8");
    expect((await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } })).status).toBe(200);
  });
});
