import { open } from "node:fs/promises";
import { join, relative } from "node:path";
import type pg from "pg";
import { z } from "zod";
import { readdirIfPresent } from "../../disk/read.js";
import { corruptionMessage } from "../../postgres/corruption.js";
import { asSuperuser, type Server } from "../../postgres/server.js";
import { damagedPageText, PageCheck } from "../backup/page-check.js";
import { firstBlock, PAGE_BYTES } from "../backup/page-checksum.js";

/** A damaged copy has many defects: the first ones name the place. */
const MAX_FINDINGS = 20;

/** What pg_amcheck checks by default: every table with its TOAST table, and every B-tree index. */
const HEAPS = `
  SELECT c.oid::text AS oid, c.oid::regclass::text AS name FROM pg_class c
  WHERE c.relkind IN ('r', 'm', 't') AND c.relpersistence = 'p' ORDER BY c.oid`;
const BTREES = `
  SELECT c.oid::text AS oid, c.oid::regclass::text AS name
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam
  WHERE a.amname = 'btree' AND i.indisready AND i.indisvalid AND i.indislive AND c.relpersistence = 'p' ORDER BY c.oid`;

const rowsSchema = z.array(z.object({ oid: z.string(), name: z.string() }));

/**
 * Checks the structure of every table and B-tree index in every database of a restored copy, as pg_amcheck does. The extension
 * amcheck is created in the copy. Returns the defects. A server without the extension is checked by `checkPages` alone.
 */
export async function checkStructure(server: Pick<Server, "superuser">): Promise<string[]> {
  const databases = await asSuperuser(server, "postgres", async (client) => {
    const { rows } = await client.query("SELECT datname AS name FROM pg_database WHERE datallowconn ORDER BY oid");
    return z.array(z.object({ name: z.string() })).parse(rows);
  });
  const findings: string[] = [];
  for (const { name } of databases)
    findings.push(
      ...(await asSuperuser(server, name, async (client) => {
        if (!(await createAmcheck(client))) return [];
        const found = [
          ...(await checkEach(
            client,
            HEAPS,
            "SELECT msg FROM verify_heapam($1::oid::regclass, on_error_stop => true)",
          )),
          ...(await checkEach(client, BTREES, "SELECT NULL AS msg FROM bt_index_check($1::oid::regclass)")),
        ];
        return found.map((finding) => `database ${name}: ${finding}`);
      })),
    );
  return findings.slice(0, MAX_FINDINGS);
}

/** False if the extension is not installed. */
async function createAmcheck(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query("SELECT FROM pg_available_extensions WHERE name = 'amcheck'");
  if (rows.length === 0) return false;
  await client.query("CREATE EXTENSION IF NOT EXISTS amcheck SCHEMA pg_catalog");
  // Elsewhere the owner of the database could have functions of the same names, which would run as the superuser.
  await client.query("ALTER EXTENSION amcheck SET SCHEMA pg_catalog");
  return true;
}

async function checkEach(client: pg.Client, relations: string, check: string): Promise<string[]> {
  const { rows } = await client.query(relations);
  const findings: string[] = [];
  for (const { oid, name } of rowsSchema.parse(rows)) {
    const message = await defectOf(client, check, oid);
    if (message !== undefined) findings.push(`${name}: ${message}`);
  }
  return findings;
}

const messageSchema = z.object({ msg: z.string().nullable() });

async function defectOf(client: pg.Client, check: string, oid: string): Promise<string | undefined> {
  try {
    const { rows } = await client.query(check, [oid]);
    return rows.map((row) => messageSchema.parse(row).msg ?? undefined).find((message) => message !== undefined);
  } catch (error) {
    const message = corruptionMessage(error);
    if (message === undefined) throw error;
    return message;
  }
}

/** Bytes of one read: a whole number of pages. */
const CHUNK_BYTES = 128 * PAGE_BYTES;
/** Later than every page: no page may be half written, because no server runs. */
const NO_LSN = 1n << 64n;

/**
 * Checks every page of every relation, of all databases and kinds, in the data directory of a server that was shut down.
 * Returns the defects.
 */
export async function checkPages(data: string): Promise<string[]> {
  const check = new PageCheck(NO_LSN);
  const buffer = Buffer.alloc(CHUNK_BYTES);
  for (const entry of (await readdirIfPresent(data, { recursive: true })) ?? []) {
    const path = join(entry.parentPath, entry.name);
    const file = relative(data, path);
    const first = entry.isFile() ? firstBlock(file) : undefined;
    if (first === undefined) continue;
    const handle = await open(path, "r");
    try {
      for (let at = 0; ; ) {
        const { bytesRead } = await handle.read(buffer, 0, CHUNK_BYTES, at);
        if (bytesRead === 0) break;
        const chunk = buffer.subarray(0, bytesRead);
        await check.check(chunk, file, first + at / PAGE_BYTES, async (offset) =>
          chunk.subarray(offset, offset + PAGE_BYTES),
        );
        at += bytesRead;
      }
    } finally {
      await handle.close();
    }
  }
  return check.finish(NO_LSN).slice(0, MAX_FINDINGS).map(damagedPageText);
}
