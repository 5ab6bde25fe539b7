import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clusterAt } from "../../src/postgres/cluster.js";
import { role } from "../../src/postgres/provision.js";
import { startServer } from "../../src/postgres/server.js";
import { authenticatorOf } from "../../src/recovery/authenticator.js";
import { backupPrefix, findBackup, type Manifest, readCatalogue } from "../../src/recovery/backup/catalogue.js";
import { tar } from "../../src/recovery/backup/tar.js";
import { restoreTo } from "../../src/recovery/offline.js";
import { collect, single } from "../../src/recovery/repository/repository.js";
import { restoreInto } from "../../src/recovery/restore/restore.js";
import { verifyBackup } from "../../src/recovery/restore/verify.js";
import { asAdministrator, type Source, startSource, temporaryDirectory } from "../support/recovery/source.js";

/*
 * Someone who can write to the repository, and knows everything in it, including the public key that backups are encrypted
 * to. Every checksum is right; only the authentication codes are not.
 */
const cleanups: (() => Promise<void> | void)[] = [];
let source: Source;
let first: Manifest;
let second: Manifest;

beforeAll(async () => {
  source = await startSource(cleanups);
  await source.query("CREATE TABLE ledger AS SELECT n AS id FROM generate_series(1, 5) n");
  first = await source.backup();
  await source.query("INSERT INTO ledger VALUES (6)");
  second = await source.backup();
  await source.query("INSERT INTO ledger VALUES (7)");
  await source.shipLog();
  for (const { manifest } of (await catalogue()).backups)
    await verifyBackup(source.repository, source.codec, findBackup(await catalogue(), manifest.id), {
      scratch: temporaryDirectory(cleanups),
      now: Date.now,
    });
}, 120_000);
afterAll(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const catalogue = () => readCatalogue(source.repository, source.codec);
const directoryOf = (manifest: Pick<Manifest, "system" | "id">) => join(source.repositoryPath, backupPrefix(manifest));
const sha256 = (content: string | Buffer) => createHash("sha256").update(content).digest("hex");

/** Writes a file of the catalogue as earlier versions did, and as anyone can: with a right checksum and no code. */
function writeUnsigned(path: string, content: unknown): void {
  const body = JSON.stringify(content, undefined, 2);
  writeFileSync(path, `{"sha256":"${sha256(body)}"}\n${body}\n`);
}

/** A whole backup of another author, newer than all others. */
async function forge(): Promise<Manifest> {
  const id = "20991231T000000Z";
  const text = Buffer.from("recovery_end_command = 'touch /tmp/never'\n");
  async function* entries() {
    const file = { path: "postgresql.auto.conf", type: "File", mode: 0o600, size: text.byteLength } as const;
    yield { ...file, modified: new Date(0), content: single(text) };
  }
  const base = await collect(source.codec.encode(tar(entries())));
  mkdirSync(directoryOf({ system: second.system, id }), { recursive: true });
  const name = `${backupPrefix({ system: second.system, id })}base.tar.gz.age`;
  writeFileSync(join(source.repositoryPath, name), base);
  const at = Date.UTC(2099, 11, 31);
  const forged = { ...second, id, finishedAt: at, base: { name, bytes: base.byteLength, sha256: sha256(base) } };
  writeUnsigned(join(directoryOf(forged), "manifest.json"), forged);
  writeUnsigned(join(directoryOf(forged), "verified.json"), {
    ...{ at, valid: true, findings: [], tables: 1, rows: 1, restoreMs: 1, replayMs: 1 },
  });
  return forged;
}

describe("a backup that the platform has not written", () => {
  test("is listed, is never the latest one, and is refused by name unless it is accepted", async () => {
    const forged = await forge();
    const found = await catalogue();
    expect(found.backups.at(-1)).toMatchObject({ manifest: { id: forged.id }, origin: "unauthenticated" });
    expect(findBackup(found, "latest").manifest.id).toBe(second.id);

    const to = join(temporaryDirectory(cleanups), "copy");
    const places = { repository: source.repositoryPath, identity: source.identityFile };
    await expect(restoreTo(places, forged.id, to, { kind: "latest" })).rejects.toMatchObject({
      code: "backup/unauthenticated",
      message: `backup ${forged.id} has no authentication code`,
    });
    expect(existsSync(to)).toBe(false);
    const scratch = temporaryDirectory(cleanups);
    const other = findBackup(found, forged.id);
    await expect(
      verifyBackup(source.repository, source.codec, other, { scratch, now: Date.now }),
    ).rejects.toMatchObject({ code: "backup/unauthenticated" });
    // Accepted by its id, and by no other.
    await expect(
      restoreTo(places, forged.id, to, { kind: "latest" }, { acceptUnauthenticated: second.id }),
    ).rejects.toMatchObject({ code: "backup/unauthenticated" });
    await restoreTo(places, forged.id, to, { kind: "latest" }, { acceptUnauthenticated: forged.id });
    // Also an accepted backup brings no settings.
    expect(readFileSync(join(to, "postgresql.auto.conf"), "utf8")).not.toContain("recovery_end_command");
    rmSync(directoryOf(forged), { recursive: true });
  });

  test("is one of another platform, if its code was made with another key", async () => {
    const manifest = join(directoryOf(first), "manifest.json");
    const original = readFileSync(manifest, "utf8");
    writeFileSync(manifest, original.replace(/"key":"[0-9a-f]{16}"/, '"key":"0123456789abcdef"'));
    expect((await catalogue()).backups[0]).toMatchObject({ manifest: { id: first.id }, origin: "other-key" });
    writeFileSync(manifest, original);
  });

  test("cannot be an older one under a newer name, nor one whose manifest was edited", async () => {
    const copy = { system: first.system, id: "20991231T000000Z" };
    cpSync(directoryOf(first), directoryOf(copy), { recursive: true });
    const path = join(directoryOf(copy), "manifest.json");
    expect((await catalogue()).damaged).toEqual([
      { object: `${backupPrefix(copy)}manifest.json`, why: expect.stringContaining("authentication code") },
    ]);
    // With the new id in it and a right checksum, but with the old code.
    const [header = "", ...rest] = readFileSync(path, "utf8").split("\n");
    const body = rest.join("\n").trimEnd().replace(`"id": "${first.id}"`, `"id": "${copy.id}"`);
    writeFileSync(path, `${JSON.stringify({ ...JSON.parse(header), sha256: sha256(body) })}\n${body}\n`);
    expect((await catalogue()).damaged).toEqual([
      { object: `${backupPrefix(copy)}manifest.json`, why: expect.stringContaining("authentication code") },
    ]);
    rmSync(directoryOf(copy), { recursive: true });
  });
});

describe("a verification", () => {
  test("of one backup proves nothing about another", async () => {
    const target = join(directoryOf(second), "verified.json");
    const own = readFileSync(target);
    cpSync(join(directoryOf(first), "verified.json"), target);
    const found = await catalogue();
    expect(findBackup(found, second.id).verification).toBeUndefined();
    expect(found.damaged).toMatchObject([{ object: `${backupPrefix(second)}verified.json` }]);
    writeFileSync(target, own);
  });

  test("that is damaged or not authenticated leaves its backup usable, as not verified", async () => {
    const target = join(directoryOf(second), "verified.json");
    const own = readFileSync(target, "utf8");
    const unsigned = () => writeUnsigned(target, { ...JSON.parse(own.split("\n").slice(1).join("\n")), valid: false });
    for (const change of [() => writeFileSync(target, own.replace("true", "tru_")), unsigned]) {
      change();
      const found = await catalogue();
      expect(findBackup(found, "latest")).toMatchObject({ manifest: { id: second.id }, verification: undefined });
      expect(found.damaged).toMatchObject([{ object: `${backupPrefix(second)}verified.json` }]);
    }
    writeFileSync(target, own);
    expect(findBackup(await catalogue(), "latest").verification).toMatchObject({ valid: true });
  });
});

describe("a WAL segment that the platform has not archived", () => {
  test("is not replayed: the authentic one is, and without it the restore is refused", async () => {
    const wal = join(source.repositoryPath, second.system, "wal");
    const [object] = (await source.repository.list(`${second.system}/wal/${second.lastSegment}.`)).slice(-1);
    const name = object?.name ?? "";
    const content = readFileSync(join(source.repositoryPath, name));
    // The same bytes with the code of another key, as every user who can write to the repository can store them.
    const other = authenticatorOf("AGE-SECRET-KEY-1OTHER");
    const mac = other.mac("wal", second.system, second.lastSegment, sha256(content));
    const forged = join(wal, `${second.lastSegment}.${sha256(content)}.${mac}.gz.age`);
    writeFileSync(forged, content);

    const backup = findBackup(await catalogue(), "latest");
    const home = temporaryDirectory(cleanups);
    const cluster = await clusterAt(home, join(home, "restored.log"));
    const options = { user: cluster.user, target: { kind: "latest" } } as const;
    await restoreInto(cluster.data, source.repository, source.codec, backup, options);
    const server = await startServer(cluster);
    const { rows } = await asAdministrator(server, role, (client) =>
      client.query("SELECT count(*)::int AS n FROM ledger"),
    );
    expect(rows).toEqual([{ n: 7 }]);
    // The restored server has settings of its own, and none of the source's files.
    const settings = readFileSync(join(cluster.data, "postgresql.conf"), "utf8");
    expect(settings).toContain("written by Keelson");
    await server.stop("immediate");

    const aside = join(home, "aside");
    renameSync(join(source.repositoryPath, name), aside);
    await expect(
      restoreInto(join(home, "again"), source.repository, source.codec, backup, options),
    ).rejects.toMatchObject({
      code: "log/unauthenticated",
      message: expect.stringContaining(second.lastSegment),
    });
    renameSync(aside, join(source.repositoryPath, name));
    rmSync(forged);
  }, 60_000);
});
