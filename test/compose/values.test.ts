import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { z } from "zod";
import { plansOf } from "../support/cluster/plans.js";
import { renderInto } from "../support/compose/render-into.js";
import { describeWith } from "../support/requirements.js";

const run = promisify(execFile);

const Read = z.object({
  services: z.record(
    z.string(),
    z.object({ environment: z.record(z.string(), z.string()).default({}), entrypoint: z.array(z.string()).nullable() }),
  ),
});

describeWith(["docker compose"], "Compose, reading what was rendered", (paths) => {
  it("passes the values of the platform file to containers unchanged, whatever the environment of the shell", async () => {
    const folder = await mkdtemp(join(tmpdir(), "keelson-values-"));
    try {
      const [plan] = plansOf(
        "values.yaml",
        `platform: values
provide: in-cluster
services:
  web: { image: "shop/web:1.0.0", port: 80, env: { PATTERN: "^a$HOME\${x}$$b$", RATE: "$5" }, command: [sh, -c, "echo $HOSTNAME $(date)"] }
stores: { cache: { redis: 7 }, files: { bucket: true }, jobs: { rabbitmq: "4.0" } }
`,
      );
      if (!plan) throw new Error("no plan");
      await renderInto(folder, plan);
      const { stdout, stderr } = await run(paths["docker compose"], ["config", "--format", "json"], { cwd: folder });
      expect(stderr).not.toContain("variable is not set");
      // What it prints is a Compose file again, with every dollar doubled.
      const { services } = Read.parse(JSON.parse(stdout.replaceAll("$$", () => "$")));
      expect(services["web"]).toMatchObject({
        environment: { PATTERN: "^a$HOME${x}$$b$", RATE: "$5" },
        entrypoint: ["sh", "-c", "echo $HOSTNAME $(date)"],
      });
      expect(services["cache"]?.entrypoint?.at(-1)).toContain('"$(cat /run/secrets/keelson/cache/password)"');
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
