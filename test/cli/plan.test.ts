import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, describe, expect, it } from "vitest";

const program = fileURLToPath(new URL("../../bin/keelson.js", import.meta.url));
const library = pathToFileURL(fileURLToPath(new URL("../../dist/index.js", import.meta.url))).href;
const folder = mkdtempSync(join(tmpdir(), "keelson-plan-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function keelson(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { encoding: "utf8", cwd: folder });
  return { status, stdout, stderr };
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return name;
}

describe("keelson plan", () => {
  it("prints tables", () => {
    const { status, stdout, stderr } = keelson("plan", "starter", "-e", "production");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    for (const heading of ["Units", "Models", "Stores", "Calls", "Entrances", "Secrets", "Promises"])
      expect(stdout).toMatch(new RegExp(`^${heading}$`, "m"));
  });

  it("prints only the plan with --json", () => {
    const { status, stdout } = keelson("plan", "starter", "--json");
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ platform: "starter", environment: "local" });
  });

  it("prints the origin of each value with --explain", () => {
    const { stdout } = keelson("plan", "starter", "-e", "production", "--explain", "services.gateway");
    expect(stdout).toMatch(
      /services\.gateway\.replicas +3\.\.10 +blueprints\/starter\/platform\.yaml:\d+:\d+ \(environment production\)/,
    );
    expect(stdout).toMatch(/services\.gateway\.drain +5s +default: the replica is/);
    const json = keelson("plan", "starter", "--explain", "objectives.rto", "--json");
    expect(JSON.parse(json.stdout)).toMatchObject([{ path: "objectives.rto", value: "1m", origin: { kind: "file" } }]);
  });

  it("reads platform.yaml of a directory, and of the current directory by default", () => {
    file("platform.yaml", "platform: here\n");
    expect(JSON.parse(keelson("plan", ".", "--json").stdout)).toMatchObject({ platform: "here" });
    expect(JSON.parse(keelson("plan", "--json").stdout)).toMatchObject({ platform: "here" });
  });

  it("reads a platform that is defined in code", () => {
    file(
      "shop.mjs",
      `import { definePlatform } from ${JSON.stringify(library)};\nexport default definePlatform({ platform: "shop", stores: { db: { postgres: 17 } } });\n`,
    );
    expect(JSON.parse(keelson("plan", "shop.mjs", "--json").stdout)).toMatchObject({
      platform: "shop",
      stores: [{ name: "db" }],
    });
  });
});

describe("an invalid file exits with code 2 and without a stack trace", () => {
  const refused = (args: readonly string[], message: RegExp) => {
    const { status, stdout, stderr } = keelson(...args);
    expect(status).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at /m);
  };

  it("with every error at its position", () => {
    const bad = file("bad.yaml", "platform: shop\nobjectives: { rpo: 5 }\nservces: {}\n");
    refused(["plan", bad], /^bad\.yaml:2:20 error spec\/unit .*\n.*\n.*\^\n {2}hint: write 5s, 5m or 5h/);
    refused(["plan", bad], /bad\.yaml:3:1 error spec\/unknown-key/);
  });

  it("as JSON with --json", () => {
    const { status, stdout } = keelson("plan", file("bad2.yaml", "platform: shop\nobjectives: { rpo: 5 }\n"), "--json");
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      file: "bad2.yaml",
      diagnostics: [{ code: "spec/unit", origin: { line: 2, column: 20 } }],
    });
  });

  it("when it does not exist", () => refused(["plan", "nowhere.yaml"], /file\/not-found/));
  it("when it is a pipe, which can be read only once", () => {
    execFileSync("mkfifo", [join(folder, "pipe")]);
    refused(["plan", "pipe"], /`pipe` is neither a file nor a directory/);
  });
  it("when the environment does not exist, at the key that declares environments, with the nearest name", () => {
    const some = file("some.yaml", "platform: shop\n\nenvironments:\n  local: {}\n  production: {}\n");
    const place = /^some\.yaml:3:1 error spec\/unknown-environment .*`prodction`\n.*environments:\n.* \^{12}\n/;
    refused(["plan", some, "-e", "prodction"], place);
    refused(["plan", some, "-e", "prodction"], /hint: did you mean `production`\?/);
    refused(["plan", some, "-e", "xyz"], /hint: known names: local, production/);
  });
  it("when the file declares no environment at all", () =>
    refused(["plan", file("none.yaml", "platform: shop\n"), "-e", "production"], /the file has no `environments:`/));
  it("when the path to explain does not exist", () =>
    refused(["plan", "starter", "--explain", "servces"], /plan\/no-such-path/));
  it("when it is not UTF-8", () => {
    writeFileSync(join(folder, "latin.yaml"), Buffer.from([0x70, 0x3a, 0x20, 0xe9, 0xff]));
    refused(["plan", "latin.yaml"], /not UTF-8/);
  });
  it("when it has 10 MB", () =>
    refused(["plan", file("large.yaml", `platform: a\n# ${"x".repeat(10_000_000)}\n`)], /file\/too-large/));
  it("when it has 100 MB, without being read", () =>
    refused(["plan", file("huge.yaml", " ".repeat(100_000_000))], /file\/too-large/));
  it("when its module does not export a platform", () =>
    refused(["plan", file("empty.mjs", "export default 5;\n")], /does not export a platform/));
});

describe("keelson schema", () => {
  it("prints the JSON Schema, or writes it to --output", () => {
    const { stdout } = keelson("schema");
    expect(JSON.parse(stdout)).toMatchObject({ $schema: "https://json-schema.org/draft/2020-12/schema" });
    expect(keelson("schema", "-o", "schema.json").status).toBe(0);
    expect(keelson("schema", "-o", "no-such-folder/schema.json")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("file/unwritable"),
    });
  });
});

describe("time", () => {
  /** Processor time, since the machine may be busy with other tests. */
  function seconds(services: number): number {
    let text = "platform: big\nstores: { db: { postgres: 17 } }\nservices:\n";
    for (let index = 0; index < services; index++)
      text += `  s-${index}: { image: "x/s:${index}", port: 80, replicas: 2..4, calls: [db${index > 0 ? `, s-${Math.floor(index / 2)}` : ""}] }\n`;
    const name = file(`big-${services}.yaml`, text);
    const script = `process.argv.splice(1, 1, ${JSON.stringify(program)}); await import(${JSON.stringify(pathToFileURL(program).href)}); process.on("exit", () => { const { user, system } = process.cpuUsage(); process.stderr.write("cpu " + (user + system) / 1e6); });`;
    const { stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script, "-", "plan", name, "--json"], {
      encoding: "utf8",
      cwd: folder,
      maxBuffer: 1 << 30,
    });
    const match = /cpu ([\d.]+)/.exec(stderr);
    if (!match) throw new Error(stderr);
    return Number(match[1]);
  }

  it("grows linearly with the number of services", () => {
    // The smaller of two runs: other processes can only add to it.
    const least = (services: number): number => Math.min(seconds(services), seconds(services));
    const bare = least(1);
    const thousand = least(1000) - bare;
    const eightThousand = least(8000) - bare;
    expect(eightThousand / thousand).toBeLessThan(12);
  });
});
