import { spawnSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { EngineSockets } from "../../src/runtime/engine/sockets.js";
import { setVariables } from "../support/environment.js";
import { descendantsOf } from "../support/gateway/children.js";
import { planWith, startTestGateway, type TestGateway } from "../support/gateway/gateway.js";
import { until } from "../support/until.js";

const OTHER_UID = 65_534;
const body = JSON.stringify({
  model: "assistant",
  max_tokens: 4,
  messages: [{ role: "user", content: "Hello there" }],
});

describe("a local engine", () => {
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

  const directory = (): string => join(gateway.directory, "data/engines");

  async function socketPath(): Promise<string> {
    const [name, ...others] = await readdir(directory());
    if (name === undefined || others.length > 0) throw new Error("there is not exactly one socket");
    return join(directory(), name);
  }

  /** What a process of a user sees when it connects to the socket of the engine. */
  async function connectAs(uid: number): Promise<string> {
    const program = `require("node:net").connect(process.argv[1])
      .on("connect", function () { console.log("connected"); this.destroy(); })
      .on("error", (error) => console.log(error.code));`;
    const run = spawnSync(process.execPath, ["-e", program, await socketPath()], { uid, gid: uid, cwd: "/" });
    return run.stdout.toString().trim();
  }

  it("listens on no TCP port, which every user of the machine and every web page can call", async () => {
    const pid = engine();
    const descriptors = await Promise.all(
      (await readdir(`/proc/${pid}/fd`)).map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => "")),
    );
    const sockets = new Set(descriptors.map((name) => /^socket:\[(\d+)\]$/.exec(name)?.[1]));
    const listening = [];
    for (const protocol of ["tcp", "tcp6"])
      for (const line of (await readFile(`/proc/${pid}/net/${protocol}`, "utf8")).split("\n").slice(1)) {
        const [, address, , state, , , , , , inode] = line.trim().split(/\s+/);
        if (state === "0A" && sockets.has(inode)) listening.push(address);
      }
    expect(sockets.size).toBeGreaterThan(1);
    expect(listening).toEqual([]);
  });

  it("serves on a socket in a directory that only its user can enter", async () => {
    expect((await stat(directory())).mode & 0o777).toBe(0o700);
    expect((await stat(await socketPath())).mode & 0o777).toBe(0o600);
  });

  it.runIf(process.getuid?.() === 0)("accepts no connection of another user (as root)", async () => {
    await chmod(gateway.directory, 0o755);
    await chmod(dirname(directory()), 0o755);
    expect(await connectAs(0)).toBe("connected");
    expect(await connectAs(OTHER_UID)).toBe("EACCES");
    expect(spawnSync("touch", [join(directory(), "another.sock")], { uid: OTHER_UID, gid: OTHER_UID }).status).not.toBe(
      0,
    );
  });

  it("receives none of the platform's credentials in its environment", async () => {
    const environment = (await readFile(`/proc/${engine()}/environ`, "utf8")).split("\0");
    expect(environment.some((each) => each.startsWith("PATH="))).toBe(true);
    expect(environment.filter((each) => /secret|AWS_|HF_TOKEN|KEELSON_/.test(each))).toEqual([]);
  });

  it("serves on its socket again after a crash", async () => {
    const before = engine();
    const path = await socketPath();
    process.kill(before, "SIGKILL");
    expect((await gateway.post("/v1/chat/completions", body)).status).toBe(200);
    expect(engine()).not.toBe(before);
    expect(await socketPath()).toBe(path);
  });

  it("is replaced when its process hangs, within the term of its liveness probe", async () => {
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

  it("leaves no socket after its end", async () => {
    const directory = await mkdtemp(join(tmpdir(), "keelson-engine-socket-"));
    const other = await startTestGateway(planWith("assistant: { engine: simulated }"), { directory });
    const engines = join(directory, "data/engines");
    await until(async () => (await readdir(engines)).length === 1);
    await other.stop();
    expect(await readdir(engines)).toEqual([]);
    await rm(directory, { recursive: true });
  });
});

describe("the directory of the engines' sockets", () => {
  let data: string;
  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), "keelson-engines-"));
  });
  afterEach(async () => {
    await rm(join(data, "engines"), { recursive: true, force: true });
  });
  afterAll(() => rm(data, { recursive: true }));

  it("loses the sockets of killed processes, and keeps those of others that run", async () => {
    const killed = spawnSync("true").pid;
    await mkdir(join(data, "engines"), { mode: 0o755 });
    for (const pid of [killed, process.pid, process.ppid]) await writeFile(join(data, "engines", `${pid}-1.sock`), "");
    const sockets = await EngineSockets.open(data);
    expect(await readdir(join(data, "engines"))).toEqual([`${process.ppid}-1.sock`]);
    expect((await stat(join(data, "engines"))).mode & 0o777).toBe(0o700);
    expect(sockets.next()).not.toBe(sockets.next());
  });

  it("is among the temporary files if the path would be too long for a socket", async () => {
    const deep = join(data, "a".repeat(100));
    const sockets = await EngineSockets.open(deep);
    const directory = dirname(sockets.next());
    expect(dirname(directory)).toBe(tmpdir());
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
    await sockets.close();
    await expect(stat(directory)).rejects.toThrow(/ENOENT/);
  });
});
