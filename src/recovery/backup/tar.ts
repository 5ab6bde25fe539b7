import { Header } from "tar";

const BLOCK_BYTES = 512;

/** One entry of a tar stream; `content` must yield exactly `size` bytes. */
export interface TarEntry {
  readonly path: string;
  readonly type: "File" | "Directory";
  readonly mode: number;
  readonly size: number;
  readonly modified: Date;
  readonly content?: AsyncIterable<Uint8Array>;
}

/** Writes entries in the POSIX tar format. */
export async function* tar(entries: AsyncIterable<TarEntry>): AsyncIterable<Uint8Array> {
  for await (const entry of entries) {
    yield header(entry);
    for await (const chunk of entry.content ?? []) yield chunk;
    const rest = entry.size % BLOCK_BYTES;
    if (rest > 0) yield Buffer.alloc(BLOCK_BYTES - rest);
  }
  yield Buffer.alloc(2 * BLOCK_BYTES);
}

function header(entry: TarEntry): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES);
  const tooLong = new Header({
    path: entry.type === "Directory" ? `${entry.path}/` : entry.path,
    type: entry.type,
    mode: entry.mode,
    size: entry.size,
    mtime: entry.modified,
    uid: 0,
    gid: 0,
  }).encode(block);
  if (tooLong) throw new Error(`${entry.path} does not fit a tar header`);
  return block;
}
