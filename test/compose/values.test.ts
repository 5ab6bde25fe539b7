import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { z } from "zod";
import { manifests } from "../../src/render/kubernetes/index.js";
import { stringifyYaml } from "../../src/render/yaml.js";
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

/** Strings that YAML, its Go readers or the variables of a target could change on the way to a container. */
const HOSTILE = [
  ...[
    "0o7",
    "0O17",
    "-0o7",
    "0b1",
    "0x1F",
    "0x_f",
    "1_000",
    "0777",
    "1e3",
    "1E+3",
    "+.5",
    "1.",
    ".inf",
    "-.INF",
    ".nan",
  ],
  ...["yes", "No", "ON", "off", "y", "N", "true", "~", "null", "NULL", "=", "<<", "12:34:56", "1:30", "2001-01-01", ""],
  ...["2001-12-14t21:59:43.10-05:00", "*a", "&a", "!a", "!!str a", "%a", "@a", "`a`", "{{ a }}", "[a", "# a", "a #b"],
  ...[
    "a\u2028b",
    "a\u2029b",
    "a\u0085b",
    "\ufeffa",
    "a\u00a0b",
    "a\rb",
    "a\tb",
    "\u001b[31m",
    "a\u007fb",
    "\u{1f600}",
    "\uffff",
  ],
  ...[
    "a\nb",
    "a\n",
    "\na",
    "  a\n b",
    "a \n\n",
    "---",
    "...",
    "--- a",
    "a: b",
    "- a",
    "? a",
    " a",
    "a ",
    "'",
    '"',
    "\\",
    "\\n",
  ],
  ...["$(A)", "$$", "$$(A)", "$A", "${A}", "$", "$$$", "a$", "$(", "$(A)$(A)", "$$$(A)"],
];

describeWith(["docker compose"], "the values of the platform file", (paths) => {
  const plan = () => {
    const env = Object.fromEntries(
      [...HOSTILE, "a"].map((text, index) => [index === HOSTILE.length ? "A" : `V${index}`, text]),
    );
    const [found] = plansOf(
      "values.yaml",
      JSON.stringify({
        platform: "values",
        provide: "in-cluster",
        services: { web: { image: "shop/web:1.0.0", port: 80, env, command: ["print", ...HOSTILE] } },
      }),
    );
    if (!found) throw new Error("no plan");
    return found;
  };

  it("reach a container byte for byte through kubectl and the expansion of the kubelet", async () => {
    const deployment = manifests(plan()).find(({ object }) => object.kind === "Deployment")?.object;
    const folder = await mkdtemp(join(tmpdir(), "keelson-values-"));
    try {
      await writeFile(join(folder, "deployment.yaml"), stringifyYaml(deployment));
      const { stdout } = await run("kubectl", [
        "label",
        "--local",
        "--filename",
        join(folder, "deployment.yaml"),
        "a=b",
        "--output=json",
      ]);
      const [container] = Deployment.parse(JSON.parse(stdout)).spec.template.spec.containers;
      const env = new Map(container?.env.map(({ name, value }) => [name, value]));
      const expanded = (text: string) => expandedByKubernetes(text, env);
      expect(HOSTILE.map((_, index) => expanded(env.get(`V${index}`) ?? ""))).toEqual(HOSTILE);
      expect(container?.command.slice(1).map(expanded)).toEqual(HOSTILE);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it("reach a container byte for byte through Compose", async () => {
    const folder = await mkdtemp(join(tmpdir(), "keelson-values-"));
    try {
      await renderInto(folder, plan());
      const { stdout } = await run(paths["docker compose"], ["config", "--format", "json"], { cwd: folder });
      // What it prints is a Compose file again, with every dollar doubled.
      const web = Read.parse(JSON.parse(stdout)).services["web"];
      const single = (text: string) => text.replaceAll("$$", () => "$");
      expect(HOSTILE.map((_, index) => single(web?.environment[`V${index}`] ?? ""))).toEqual(HOSTILE);
      expect(web?.entrypoint?.slice(1).map(single)).toEqual(HOSTILE);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

const Deployment = z.object({
  spec: z.object({
    template: z.object({
      spec: z.object({
        containers: z.array(
          z.object({
            command: z.array(z.string()),
            env: z.array(z.object({ name: z.string(), value: z.string().default("") })),
          }),
        ),
      }),
    }),
  }),
});

/** What the kubelet makes of a value (Kubernetes, third_party/forked/golang/expansion/expand.go). */
function expandedByKubernetes(text: string, variables: ReadonlyMap<string, string>): string {
  return text.replaceAll(/\$(?:\$|\(([^)]*)\))/g, (match, name: string | undefined) =>
    name === undefined ? "$" : (variables.get(name) ?? match),
  );
}
