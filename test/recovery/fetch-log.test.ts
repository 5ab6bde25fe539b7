import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { logArchive } from "../../src/recovery/archive/log-archive.js";
import { SEGMENT_BYTES } from "../../src/recovery/archive/segments.js";
import { authenticatorOf } from "../../src/recovery/authenticator.js";
import type { Manifest } from "../../src/recovery/backup/catalogue.js";
import { gzipCodec } from "../../src/recovery/backup-codec.js";
import { openFolder } from "../../src/recovery/repository/folder.js";
import type { Repository } from "../../src/recovery/repository/repository.js";
import { fetchLog } from "../../src/recovery/restore/fetch-log.js";

const SYSTEM = "7710735376478221079";
const SEGMENT = "000000010000000000000002";
const MANIFEST: Manifest = {
  ...{ format: 1, id: "20251121T080102Z", system: SYSTEM, platform: "test", startedAt: 1, finishedAt: 2 },
  ...{ postgres: "17.5", size: 10, timeline: 1, startLsn: "0/2000028", stopLsn: "0/2000100", recipient: null },
  ...{ firstSegment: SEGMENT, lastSegment: SEGMENT },
  restorePoint: { name: "point", lsn: "0/2000200", at: 2 },
  base: { name: "base.tar.gz", bytes: 1, sha256: "" },
  fingerprint: { tables: [] },
};

let home: string;
let repository: Repository;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "keelson-fetch-log-"));
  repository = openFolder(join(home, "backups"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const codec = gzipCodec(authenticatorOf("AGE-SECRET-KEY-1TEST"));
const archive = () => logArchive(repository, codec, SYSTEM);
/** Stores a segment as a server does that does not see what another one has stored. */
const storeBlindly = (content: string) =>
  logArchive({ ...repository, list: async () => [] }, codec, SYSTEM).store(SEGMENT, Buffer.from(content));
const fetched = join("fetched", SEGMENT);
const fetch = () => fetchLog(join(home, "fetched"), archive(), MANIFEST, { kind: "latest" });

describe("a segment that is stored twice", () => {
  test("with different content is a conflict that names both objects: two servers have archived to one place", async () => {
    await storeBlindly("of one server");
    await storeBlindly("of another server");
    const objects = (await archive().list()).map(({ object }) => object);
    expect(objects).toHaveLength(2);
    const failure: unknown = await fetch().catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "log/conflict", hint: expect.stringContaining("two servers") });
    for (const object of objects) expect(failure).toMatchObject({ message: expect.stringContaining(object) });
  });

  test("of which one is damaged is read from the other", async () => {
    await storeBlindly("of one server");
    await storeBlindly("of another server");
    const damaged = (await archive().list())[0]?.object ?? "";
    const kept = (await archive().list())[1];
    if (kept === undefined) throw new Error("there is one object only");
    const content = await archive().read(kept);
    writeFileSync(join(home, "backups", damaged), "cut");
    await fetch();
    expect(readFileSync(join(home, fetched))).toEqual(content);
  });
});

test("of a segment that was closed early, only what precedes the zeros at its end is read again", async () => {
  const content = Buffer.alloc(4 * 8192);
  content.write("a record", 8192);
  await archive().store(SEGMENT, content);
  const { used } = await fetch();
  expect(used.get(SEGMENT)).toBe(2 * 8192);
  expect(readFileSync(join(home, fetched))).toEqual(content);
});

test("a segment that decompresses to more than a segment is damaged", async () => {
  await archive().store(SEGMENT, Buffer.alloc(Number(SEGMENT_BYTES) + 1));
  await expect(fetch()).rejects.toMatchObject({
    code: "backup/corrupt",
    message: expect.stringContaining("it has more than 16777216 bytes"),
  });
});
