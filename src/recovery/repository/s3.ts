import { createHash, type Hash } from "node:crypto";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { KeelsonError } from "../../errors/keelson-error.js";
import { missing, type Repository, type StoredObject, type Written } from "./repository.js";

/** S3 requires at least 5 MB per part and allows 10,000 parts: 160 GB per object. */
const PART_BYTES = 16 * 1024 * 1024;
/**
 * Timeouts in milliseconds. By default the SDK waits without limit, and an archiver that waits reports no failure.
 */
const TIMEOUTS_MS = { connectionTimeout: 5_000, socketTimeout: 15_000 };

/**
 * Backups in a bucket: `s3://bucket/prefix?endpoint=https://…&region=…`. Credentials come from where the AWS SDK looks
 * for them (environment, profile, instance role). S3 shows an object only once it is complete: no temporary names.
 */
export function openBucket(place: string, timeoutsMs = TIMEOUTS_MS): Repository {
  // The locked version supports every Node.js that this program supports: the warning about later ones does not apply.
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
  const url = new URL(place);
  const bucket = url.hostname;
  const base = url.pathname.replace(/^\/+|\/+$/g, "");
  const key = (name: string) => (base === "" ? name : `${base}/${name}`);
  const endpoint = url.searchParams.get("endpoint");
  const client = new S3Client({
    region: url.searchParams.get("region") ?? process.env["AWS_REGION"] ?? "us-east-1",
    requestHandler: timeoutsMs,
    // Most servers other than Amazon's use path-style addresses, not a host name per bucket.
    ...(endpoint !== null && { endpoint, forcePathStyle: true }),
  });
  const target: Target = { client, bucket, place: `s3://${bucket}${base === "" ? "" : `/${base}`}` };
  return {
    place: target.place,
    put: (name, content) => guard(target, put(target, key(name), content)),
    get: (name) => get(target, key(name), name),
    list: async (prefix) => {
      const { objects } = await guard(target, list(target, key(prefix)));
      return objects.map((object) => ({
        ...object,
        name: base === "" ? object.name : object.name.slice(base.length + 1),
      }));
    },
    folders: async () => (await guard(target, list(target, key(""), "/"))).folders,
    partials: async (prefix) =>
      (await guard(target, uploads(target, key(prefix)))).map(({ Key, UploadId, modified }) => ({
        name: base === "" ? Key : Key.slice(base.length + 1),
        modified,
        remove: async () => {
          await guard(target, client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId })));
        },
      })),
    space: async () => undefined,
    remove: async (name) => {
      await guard(target, client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key(name) })));
    },
  };
}

interface Target {
  readonly client: S3Client;
  readonly bucket: string;
  readonly place: string;
}

async function put({ client, bucket }: Target, Key: string, content: AsyncIterable<Uint8Array>): Promise<Written> {
  const parts = inParts(content)[Symbol.asyncIterator]();
  const hash = createHash("sha256");
  const first = await parts.next();
  const head = first.done ? Buffer.alloc(0) : first.value;
  let bytes = head.byteLength;
  hash.update(head);
  const second = await parts.next();
  if (second.done) {
    await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: head }));
    return { bytes, sha256: hash.digest("hex") };
  }
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key }));
  try {
    const Parts = [await uploadPart(head, 1)];
    for (let part: IteratorResult<Buffer, unknown> = second; !part.done; part = await parts.next()) {
      Parts.push(await uploadPart(count(part.value, hash), Parts.length + 1));
      bytes += part.value.byteLength;
    }
    await client.send(
      new CompleteMultipartUploadCommand({ Bucket: bucket, Key, UploadId, MultipartUpload: { Parts } }),
    );
  } catch (error) {
    // An incomplete upload is billed until it is aborted, and no listing shows it. Best effort: the cause is reported.
    await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId })).catch(() => undefined);
    throw error;
  }
  return { bytes, sha256: hash.digest("hex") };

  async function uploadPart(Body: Buffer, PartNumber: number) {
    const { ETag } = await client.send(new UploadPartCommand({ Bucket: bucket, Key, UploadId, PartNumber, Body }));
    return { ETag, PartNumber };
  }
}

function count(chunk: Buffer, hash: Hash): Buffer {
  hash.update(chunk);
  return chunk;
}

async function* inParts(content: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let pending: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of content) {
    pending.push(chunk);
    size += chunk.byteLength;
    if (size < PART_BYTES) continue;
    yield Buffer.concat(pending);
    pending = [];
    size = 0;
  }
  if (size > 0) yield Buffer.concat(pending);
}

async function* get(target: Target, Key: string, name: string): AsyncIterable<Uint8Array> {
  const response = await guard(
    target,
    target.client.send(new GetObjectCommand({ Bucket: target.bucket, Key })).catch((error: unknown) => {
      throw error instanceof NoSuchKey ? missing(name, target.place, error) : error;
    }),
  );
  const body = response.Body;
  if (body === undefined || !(Symbol.asyncIterator in body)) throw missing(name, target.place);
  for await (const chunk of body) yield chunk as Uint8Array;
}

/** Objects by key; with a delimiter, the content of a folder is listed as the folder only. */
async function list(
  { client, bucket }: Target,
  Prefix: string,
  Delimiter?: string,
): Promise<{ objects: StoredObject[]; folders: string[] }> {
  const objects: StoredObject[] = [];
  const folders: string[] = [];
  let token: string | undefined;
  do {
    const page = await client.send(
      new ListObjectsV2Command({
        Bucket: bucket,
        Prefix,
        ...(Delimiter !== undefined && { Delimiter }),
        ...(token !== undefined && { ContinuationToken: token }),
      }),
    );
    for (const { Key, Size, LastModified } of page.Contents ?? [])
      if (Key !== undefined) objects.push({ name: Key, bytes: Size ?? 0, modified: LastModified?.getTime() ?? 0 });
    for (const { Prefix: folder } of page.CommonPrefixes ?? [])
      if (folder !== undefined) folders.push(folder.slice(Prefix.length, -1));
    token = page.IsTruncated ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
  return { objects: objects.sort((a, b) => (a.name < b.name ? -1 : 1)), folders };
}

interface Upload {
  readonly Key: string;
  readonly UploadId: string;
  readonly modified: number;
}

/** Multipart uploads that were neither completed nor aborted. */
async function uploads({ client, bucket }: Target, Prefix: string): Promise<Upload[]> {
  const found: Upload[] = [];
  let from: { KeyMarker?: string; UploadIdMarker?: string } | undefined = {};
  while (from !== undefined) {
    const page: ListMultipartUploadsCommandOutput = await client.send(
      new ListMultipartUploadsCommand({ Bucket: bucket, Prefix, ...from }),
    );
    for (const { Key, UploadId, Initiated } of page.Uploads ?? [])
      if (Key !== undefined && UploadId !== undefined)
        found.push({ Key, UploadId, modified: Initiated?.getTime() ?? Date.now() });
    const { IsTruncated, NextKeyMarker, NextUploadIdMarker } = page;
    from =
      IsTruncated && NextKeyMarker !== undefined
        ? { KeyMarker: NextKeyMarker, ...(NextUploadIdMarker !== undefined && { UploadIdMarker: NextUploadIdMarker }) }
        : undefined;
  }
  return found;
}

async function guard<T>(target: Target, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof KeelsonError) throw error;
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw new KeelsonError("backup/bucket", `${target.place} is unavailable: ${reason}`, {
      cause: error,
    });
  }
}
