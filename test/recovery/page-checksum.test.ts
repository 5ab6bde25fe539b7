import { randomBytes } from "node:crypto";
import { open, readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { assert, asyncProperty, integer, nat } from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { readCatalogue } from "../../src/recovery/backup/catalogue.js";
import { PageCheck } from "../../src/recovery/backup/page-check.js";
import { checkPage, firstBlock, PAGE_BYTES, pageChecksum, pageLsn } from "../../src/recovery/backup/page-checksum.js";
import { verifyBackup } from "../../src/recovery/restore/verify.js";
import { decideDatabase } from "../../src/recovery/service/decide-database.js";
import { type Source, startSource, temporaryDirectory } from "../support/recovery/source.js";

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const NEVER = 1n << 64n;

interface RealPage {
  readonly bytes: Buffer;
  readonly block: number;
}

/** Every page that initdb and the server wrote, except new ones. */
async function pagesOf({ cluster }: Source): Promise<RealPage[]> {
  const pages: RealPage[] = [];
  for (const entry of await readdir(cluster.data, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const first = entry.isFile() ? firstBlock(relative(cluster.data, path)) : undefined;
    if (first === undefined) continue;
    const content = await readFile(path);
    for (let at = 0; at + PAGE_BYTES <= content.length; at += PAGE_BYTES)
      pages.push({ bytes: content.subarray(at, at + PAGE_BYTES), block: first + at / PAGE_BYTES });
  }
  return pages;
}

/** Changes one byte of a relation's file, as a failing disk does, while the server does not have the page in memory. */
async function damage(source: Source, relation: string, block: number): Promise<string> {
  const path = await filePath(source, relation);
  const handle = await open(join(source.cluster.data, path), "r+");
  try {
    const byte = Buffer.alloc(1);
    const at = block * PAGE_BYTES + 5000;
    await handle.read(byte, 0, 1, at);
    byte[0] = (byte[0] ?? 0) ^ 0x10;
    await handle.write(byte, 0, 1, at);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return path;
}

async function filePath(source: Source, relation: string): Promise<string> {
  const [row] = await source.query(`SELECT pg_relation_filepath('${relation}') AS path`);
  return String(row?.["path"]);
}

const newest = async (source: Source) => {
  const backup = (await readCatalogue(source.repository, source.codec)).backups.at(-1);
  if (!backup) throw new Error("no backup");
  return backup;
};

const verifyNewest = async (source: Source) =>
  verifyBackup(source.repository, source.codec, await newest(source), {
    scratch: temporaryDirectory(cleanups),
    now: Date.now,
  });

describe("the checksum of a page", () => {
  test("is the one that PostgreSQL wrote, for every page of a real database; any changed byte is detected", async () => {
    const source = await startSource(cleanups);
    await source.query("CREATE TABLE wide AS SELECT n, repeat(md5(n::text), 20) AS t FROM generate_series(1, 5000) n");
    await source.query("CREATE INDEX wide_hash ON wide USING hash (n); CREATE INDEX wide_brin ON wide USING brin (n)");
    await source.query("VACUUM FREEZE wide");
    await source.server.stop("fast");
    const pages = await pagesOf(source);
    expect(pages.length).toBeGreaterThan(2000);
    expect(pages.filter(({ bytes, block }) => checkPage(bytes, 0, block, NEVER) !== "valid")).toEqual([]);
    const written = pages.filter(({ bytes }) => pageLsn(bytes, 0) > 0n);
    const page = nat({ max: written.length - 1 });
    await assert(
      asyncProperty(page, nat({ max: PAGE_BYTES - 1 }), integer({ min: 1, max: 255 }), async (n, at, change) => {
        const { bytes, block } = written[n] ?? { bytes: Buffer.alloc(0), block: 0 };
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ change;
        expect(checkPage(changed, 0, block, NEVER)).toBe("damaged");
        // A page at the place of another one is not valid either.
        expect(checkPage(bytes, 0, block + 1, NEVER)).toBe("damaged");
      }),
      { numRuns: 300 },
    );
  });

  test("of an unaligned page is the same", () => {
    const page = randomBytes(PAGE_BYTES);
    expect(pageChecksum(Buffer.concat([Buffer.alloc(3), page]), 3, 7)).toBe(pageChecksum(page, 0, 7));
  });
});

describe("a page that is read while the server writes it", () => {
  /** A page with this content, LSN and a correct checksum. */
  function page(fill: number, lsn: bigint, block: number): Buffer {
    const bytes = Buffer.alloc(PAGE_BYTES, fill);
    bytes.writeUInt32LE(Number(lsn >> 32n), 0);
    bytes.writeUInt32LE(Number(lsn & 0xffffffffn), 4);
    bytes.writeUInt16LE(pageChecksum(bytes, 0, block), 8);
    return bytes;
  }
  const torn = Buffer.concat([page(1, 5n, 0).subarray(0, 4096), page(2, 20n, 0).subarray(4096)]);

  test("is read again, and the whole page is copied", async () => {
    const check = new PageCheck(10n);
    const chunk = Buffer.from(torn);
    await check.check(chunk, "base/1/1", 0, async () => page(2, 20n, 0));
    expect(check.finish(30n)).toEqual([]);
    expect(chunk.equals(page(2, 20n, 0))).toBe(true);
  });

  test("is damaged if it stays as it is", async () => {
    const check = new PageCheck(10n);
    await check.check(Buffer.from(torn), "base/1/1", 4, async () => torn);
    expect(check.finish(30n)).toEqual([{ file: "base/1/1", block: 4 }]);
  });

  test("is not checked if it was written since the start of the backup, but never newer than its end", async () => {
    const check = new PageCheck(10n);
    const half = Buffer.concat([page(2, 20n, 0).subarray(0, 4096), page(1, 5n, 0).subarray(4096)]);
    await check.check(Buffer.from(half), "base/1/1", 0, async () => half);
    expect(check.finish(30n)).toEqual([]);
    expect(check.finish(19n)).toEqual([{ file: "base/1/1", block: 0 }]);
  });

  test("is valid if it is new, and damaged if only its header is zero", async () => {
    expect(checkPage(Buffer.alloc(PAGE_BYTES), 0, 3, 0n)).toBe("valid");
    const bytes = Buffer.alloc(PAGE_BYTES);
    bytes[6000] = 1;
    expect(checkPage(bytes, 0, 3, 0n)).toBe("damaged");
  });
});

describe("a database with a damaged page", () => {
  async function withIndex(): Promise<Source> {
    const source = await startSource(cleanups);
    await source.query("CREATE TABLE ledger AS SELECT n AS id, md5(n::text) AS what FROM generate_series(1, 20000) n");
    await source.query("CREATE INDEX ledger_what ON ledger (what)");
    return source;
  }

  test.each(["ledger", "ledger_what"])(
    "in %s has a backup that is kept, names the page, and is never the first choice",
    async (relation) => {
      const source = await withIndex();
      const good = await source.backup();
      await verifyNewest(source);
      // The pages leave the memory of the server: it does not write them again.
      await source.restart();
      const path = await damage(source, relation, 3);
      const manifest = await source.backup();
      expect(manifest.damage?.[0]).toBe(`page 3 of ${path} is damaged: its checksum does not match`);
      const verification = await verifyNewest(source);
      expect(verification.valid).toBe(false);
      expect(verification.findings[0]).toContain(`page 3 of ${path}`);
      const { backups } = await readCatalogue(source.repository, source.codec);
      expect(backups).toHaveLength(2);
      const timelines = [{ number: 1, ancestors: [], since: 0 }];
      const decision = decideDatabase({ present: false, system: good.system, backups, failed: [], timelines });
      expect(decision).toMatchObject({ action: "restore", backup: { manifest: { id: good.id } } });
    },
  );

  test("that an earlier version copied without a check is found by the verification, in any database", async () => {
    const source = await withIndex();
    await source.restart();
    await damage(source, "ledger_what", 3);
    const { damage: _found, ...unchecked } = await source.backup();
    const backup = { ...(await newest(source)), manifest: unchecked };
    const verification = await verifyBackup(source.repository, source.codec, backup, {
      scratch: temporaryDirectory(cleanups),
      now: Date.now,
    });
    expect(verification.valid).toBe(false);
    expect(verification.findings.join("\n")).toMatch(/ledger_what: .*invalid page|page 3 of base/);
  });
});
