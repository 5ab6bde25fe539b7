import fc from "fast-check";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import type { Plan } from "../../src/plan/plan.js";
import { targets } from "../../src/render/targets.js";
import { arbitraryPlan } from "../support/render/arbitrary-plan.js";
import { persistentVolume, samplePlan, unit } from "../support/render/sample-plan.js";

const Service = z.object({
  image: z.string(),
  user: z.string(),
  networks: z.array(z.string()),
  ports: z.array(z.string()).default([]),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  configs: z.array(z.object({ source: z.string() })).default([]),
  secrets: z.array(z.object({ source: z.string() })).default([]),
  volumes: z.array(z.string()).default([]),
  read_only: z.boolean(),
  cap_drop: z.array(z.string()),
  security_opt: z.array(z.string()),
});
const File = z.object({
  services: z.record(z.string(), Service),
  networks: z.record(z.string(), z.object({ internal: z.boolean().default(false) })),
  volumes: z.record(z.string(), z.object({})),
  configs: z.record(z.string(), z.object({ file: z.string() })),
  secrets: z.record(z.string(), z.object({ file: z.string() })),
});

function composeOf(plan: Plan) {
  const { files } = targets.compose.render(plan);
  const file = File.parse(parse(files.find(({ path }) => path === "compose.yaml")?.text ?? ""));
  return { file, paths: files.map(({ path }) => path) };
}

/** The containers of the platform; test/render/monitoring.test.ts is about Prometheus and Grafana beside them. */
function ofPlatform(services: z.output<typeof File>["services"]): [string, z.output<typeof Service>][] {
  return Object.entries(services).filter(([name]) => name !== "prometheus" && name !== "grafana");
}

it("attaches two containers to one network only if one calls the other", () => {
  fc.assert(
    fc.property(arbitraryPlan, (plan) => {
      const { services } = composeOf(plan).file;
      const calls = new Set(plan.edges.flatMap((edge) => [`${edge.from} ${edge.to}`, `${edge.to} ${edge.from}`]));
      for (const [name, service] of ofPlatform(services))
        for (const [other, { networks }] of ofPlatform(services)) {
          const meet = name !== other && service.networks.some((network) => networks.includes(network));
          expect(meet, `${name} and ${other}`).toBe(calls.has(`${name} ${other}`));
        }
    }),
  );
});

it("attaches to external networks only units behind an entrance and units that call outside hosts", () => {
  fc.assert(
    fc.property(arbitraryPlan, (plan) => {
      const { services, networks } = composeOf(plan).file;
      const entered = new Set(plan.entrances.flatMap((entrance) => entrance.routes.map(({ unit }) => unit)));
      for (const [name, service] of ofPlatform(services)) {
        const outside = service.networks.some((network) => networks[network]?.internal !== true);
        const leaves = plan.edges.some((edge) => edge.from === name && services[edge.to] === undefined);
        expect(outside).toBe(entered.has(name) || leaves);
        expect(service.ports.length).toBe(entered.has(name) ? 1 : 0);
        for (const port of service.ports) expect(port).toMatch(/^127\.0\.0\.1:/);
      }
    }),
  );
});

it("hardens every container, and pins every image", () => {
  fc.assert(
    fc.property(arbitraryPlan, (plan) => {
      for (const service of Object.values(composeOf(plan).file.services)) {
        expect(service).toMatchObject({ read_only: true, cap_drop: ["ALL"], security_opt: ["no-new-privileges:true"] });
        expect(service.user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
        expect(service.image).toMatch(/:[^:/]*\d|@sha256:/);
      }
    }),
  );
});

it("refers only to declared networks, volumes, files and services", () => {
  fc.assert(
    fc.property(arbitraryPlan, (plan) => {
      const { file, paths } = composeOf(plan);
      for (const service of Object.values(file.services)) {
        for (const network of service.networks) expect(file.networks).toHaveProperty([network]);
        for (const { source } of service.configs) expect(file.configs).toHaveProperty([source]);
        for (const { source } of service.secrets) expect(file.secrets).toHaveProperty([source]);
        for (const volume of service.volumes.filter((each) => each.includes(":")))
          expect(file.volumes).toHaveProperty([volume.split(":")[0] ?? ""]);
        for (const name of Object.keys(service.depends_on)) expect(file.services).toHaveProperty([name]);
      }
      for (const { file: path } of Object.values(file.configs)) expect(paths).toContain(path.replace("./", ""));
    }),
  );
});

it("escapes every dollar sign that the container must receive", () => {
  fc.assert(
    fc.property(arbitraryPlan, (plan) => {
      const { services } = z
        .object({ services: z.record(z.string(), z.record(z.string(), z.unknown())) })
        .parse(parse(targets.compose.render(plan).files.find(({ path }) => path === "compose.yaml")?.text ?? ""));
      for (const unit of plan.units) {
        const { environment = {} } = services[unit.name] ?? {};
        for (const [name, value] of Object.entries(unit.environment))
          expect(environment).toHaveProperty(
            [name],
            value.replaceAll("$", () => "$$"),
          );
      }
      for (const { ports, ...service } of Object.values(services))
        expect(JSON.stringify(service).replaceAll("$$", "")).not.toContain("$");
    }),
  );
});

it("separates the files of several replicas, and mounts a named volume in one replica only", () => {
  const { files, notes } = targets.compose.render(
    samplePlan({
      units: [
        unit("foreign", { modules: [], volumes: [{ name: "files", mount: "/files", size: 1, kind: "ephemeral" }] }),
        unit("scratch", { volumes: [{ name: "files", mount: "/files", size: 1, kind: "ephemeral" }] }),
        unit("kept", { modules: [], volumes: [persistentVolume("files", "/files", 1)] }),
        unit("gateway"),
      ],
      models: [],
      edges: [],
    }),
  );
  const file = File.parse(parse(files.find(({ path }) => path === "compose.yaml")?.text ?? ""));
  const volumesOf = (name: string) => file.services[name]?.volumes;
  expect(volumesOf("scratch")).toEqual(["/files", "/var/lib/keelson"]);
  expect(volumesOf("foreign")).toEqual(["foreign-files:/files"]);
  expect(volumesOf("kept")).toEqual(["kept-files:/files"]);
  expect(volumesOf("gateway")).toEqual(["gateway-data:/var/lib/keelson"]);
  const monitored = ["prometheus-data", "grafana-data"];
  expect(Object.keys(file.volumes)).toEqual([
    ...monitored,
    "database-data",
    "foreign-files",
    "kept-files",
    "gateway-data",
  ]);
  expect(notes.find(({ path }) => path === "services.foreign.volumes")?.message).toMatch(
    /does not let user 1001 write to \/files, run .* --entrypoint chown foreign 1001:1001 \/files`; its replicas share the volume$/,
  );
  expect(notes.map(({ message }) => message)).toContain("kept: one replica runs, because its volumes cannot be shared");
});

it("renders no cycle of depends_on", () => {
  fc.assert(
    fc.property(arbitraryPlan, (plan) => {
      const { services } = composeOf(plan).file;
      const started = new Set<string>();
      for (let round = 0; round <= Object.keys(services).length; round += 1)
        for (const [name, service] of Object.entries(services))
          if (Object.keys(service.depends_on).every((other) => started.has(other))) started.add(name);
      expect([...started].sort()).toEqual(Object.keys(services).sort());
    }),
  );
});
