import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { planOf } from "../support/check/findings.js";
import { renderInto } from "../support/compose/render-into.js";
import { blueprint } from "../support/plan/planned.js";
import { describeWith } from "../support/requirements.js";

const run = promisify(execFile);

const Read = z.object({
  services: z.record(
    z.string(),
    z.object({
      healthcheck: z.object({ test: z.array(z.string()) }).optional(),
      depends_on: z.record(z.string(), z.object({ condition: z.string() })).optional(),
      deploy: z.object({ resources: z.object({ limits: z.object({ memory: z.string() }) }).optional() }),
    }),
  ),
  configs: z.record(z.string(), z.object({ file: z.string() })),
  secrets: z.record(z.string(), z.object({ file: z.string() })),
});

describeWith(["docker compose", "promtool"], "monitoring in a Compose file, read by its programs", (paths) => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "keelson-monitoring-"));
    await renderInto(folder, planOf(blueprint("dia3"), "staging"));
  });
  afterAll(async () => rm(folder, { recursive: true, force: true }));

  it("is a valid project: limits, health checks, and every file that it mounts", async () => {
    const { stdout } = await run(paths["docker compose"], ["config", "--format", "json"], { cwd: folder });
    const { services, configs, secrets } = Read.parse(JSON.parse(stdout));
    for (const name of ["prometheus", "grafana"]) {
      expect(services[name]?.healthcheck?.test[0]).toBe("CMD");
      expect(services[name]?.deploy.resources?.limits.memory).toBe(String(512 * 1024 * 1024));
    }
    expect(services["grafana"]?.depends_on).toEqual({ prometheus: { condition: "service_healthy" } });
    const mounted = [...Object.values(configs), ...Object.values(secrets)].map(({ file }) => file);
    expect(mounted.some((file) => file.endsWith("/secrets/grafana/admin-password"))).toBe(true);
    // Secrets of a provider are the operator's to supply.
    for (const file of mounted.filter((each) => !each.includes("/secrets/providers/"))) await readFile(file);
  });

  it("has a configuration that Prometheus accepts", async () => {
    const { stdout } = await run(paths.promtool, ["check", "config", join(folder, "prometheus/prometheus.yml")]);
    expect(stdout).toContain("SUCCESS");
  });
});
