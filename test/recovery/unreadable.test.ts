import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { layout } from "../../src/local/layout.js";
import { localSecrets } from "../../src/local/secrets.js";
import { type Cluster, isInitialised } from "../../src/postgres/cluster.js";
import { loadOrCreateIdentity } from "../../src/recovery/age-identity.js";
import { ageCodec } from "../../src/recovery/backup-codec.js";
import { drillStore } from "../../src/recovery/drills/store.js";
import { openRepository } from "../../src/recovery/repository/open.js";
import { startRecovery } from "../../src/recovery/service/recovery.js";

/*
 * A file that exists but cannot be read must stop the operation. Taken for absent, a lost database would be replaced by an
 * empty one, or a secret by a new one. As root nothing is refused for its permissions, so directories and link cycles stand
 * in place of the files.
 */
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "keelson-unreadable-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const unreadable = (path: string) => ({
  code: "file/unreadable",
  message: expect.stringContaining(`cannot read ${path}: `),
  hint: expect.any(String),
});

function cluster(): Cluster {
  const user = { name: "test", uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, foreign: false };
  const run = join(root, "run");
  mkdirSync(run, { recursive: true });
  const binaries = { directory: join(root, "no-binaries"), version: "17.0" };
  return {
    data: join(root, "data"),
    run,
    archiveScript: join(run, "archive.sh"),
    log: join(root, "log"),
    user,
    binaries,
  };
}

describe("an unreadable file", () => {
  it("that identifies the database stops the start, and no database is initialised", async () => {
    const memory = join(root, "database.json");
    mkdirSync(memory);
    const identity = await loadOrCreateIdentity(join(root, "identity"));
    const recovery = startRecovery({
      platform: "test",
      database: undefined,
      cluster: cluster(),
      repository: await openRepository(join(root, "backups")),
      codec: await ageCodec(identity),
      systemIdFile: memory,
    });
    await expect(recovery.prepare(new AbortController().signal)).rejects.toMatchObject(unreadable(memory));
    expect(existsSync(join(root, "data"))).toBe(false);
    expect(readdirSync(memory)).toEqual([]);
    recovery.cancel();
    await recovery.stop();
  });

  it("PG_VERSION does not make the data directory look uninitialised", async () => {
    const place = cluster();
    mkdirSync(place.data);
    const version = join(place.data, "PG_VERSION");
    symlinkSync(version, version);
    await expect(isInitialised(place)).rejects.toMatchObject(unreadable(version));
    expect(lstatSync(version).isSymbolicLink()).toBe(true);
  });

  it("of a secret is not replaced by a new secret", async () => {
    const secrets = localSecrets(layout(root));
    const token = join(layout(root).secrets, "internal/token");
    mkdirSync(token, { recursive: true });
    const refused = { code: "data/not-owned", message: `${token} is no regular file` };
    await expect(secrets.readOrCreate("internal/token")).rejects.toMatchObject(refused);
    await expect(secrets.write("internal/token", "new")).rejects.toMatchObject(refused);
    expect(readdirSync(token)).toEqual([]);
  });

  it("of the backup identity is not replaced by a new identity", async () => {
    const identity = join(root, "identity");
    mkdirSync(identity);
    await expect(loadOrCreateIdentity(identity)).rejects.toMatchObject(unreadable(identity));
    expect(lstatSync(identity).isDirectory()).toBe(true);
  });

  it("of a drill result is reported, not omitted from the list", async () => {
    const result = join(root, "drills/one/result.json");
    mkdirSync(result, { recursive: true });
    const { drills, unreadable: found } = await drillStore(join(root, "drills")).list();
    expect(drills).toEqual([]);
    expect(found).toEqual([{ id: "one", why: expect.stringContaining(`cannot read ${result}`) }]);
  });

  it("in place of the list of drills is reported; no list is an empty one", async () => {
    writeFileSync(join(root, "file"), "");
    symlinkSync(join(root, "drills"), join(root, "drills"));
    await expect(drillStore(join(root, "drills")).list()).rejects.toMatchObject(unreadable(join(root, "drills")));
    expect(await drillStore(join(root, "none")).list()).toEqual({ drills: [], unreadable: [] });
    expect(await drillStore(join(root, "file")).list()).toEqual({ drills: [], unreadable: [] });
  });
});
