import { Transform } from "node:stream";
import * as zlib from "node:zlib";

/** Receives the decoded bytes. `onDecodedEnd` and `onUndecodable` exclude each other and come last. */
export interface DecoderListener {
  onDecoded(bytes: Buffer): void;
  onDecodedEnd(): void;
  onUndecodable(error: Error): void;
  /** The decoder accepts bytes again after `write` has returned false. */
  onDecoderDrained(): void;
}

/** Some servers send the compressed data of `deflate` without the header that RFC 9110, section 8.4.1.2, requires. */
function inflate(first: number): Transform {
  return (first & 0x0f) === 8 ? zlib.createInflate() : zlib.createInflateRaw();
}

/** By the names of https://www.iana.org/assignments/http-parameters. `first`: the first byte of the encoded body. */
const DECODERS: Readonly<Record<string, ((first: number) => Transform) | undefined>> = {
  gzip: () => zlib.createGunzip(),
  "x-gzip": () => zlib.createGunzip(),
  br: () => zlib.createBrotliDecompress(),
  deflate: inflate,
  zstd: zstd(),
};

/** Node.js has it since 22.15: https://nodejs.org/docs/latest-v22.x/api/zlib.html#zlibcreatezstddecompressoptions */
function zstd(): (() => Transform) | undefined {
  const create: unknown = Reflect.get(zlib, "createZstdDecompress");
  if (typeof create !== "function") return undefined;
  return () => {
    const stream: unknown = create();
    if (stream instanceof Transform) return stream;
    throw new Error("zlib.createZstdDecompress returned no stream");
  };
}

/** The codings of a `content-encoding` header, in the order in which they were applied; empty for an unencoded body. */
export function codingsOf(header: string | readonly string[] | undefined): readonly string[] {
  if (header === undefined) return [];
  return [header]
    .flat()
    .join(",")
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "" && name !== "identity");
}

/** Decodes a body that the upstream has compressed although the gateway requests an unencoded one. */
export class Decoder {
  #first: Transform | undefined;
  #last: Transform | undefined;

  /** Throws if a coding is not supported by this version of Node.js. */
  constructor(
    private readonly codings: readonly string[],
    private readonly listener: DecoderListener,
  ) {
    const unknown = codings.find((name) => DECODERS[name] === undefined);
    if (unknown !== undefined) throw new Error(`used the unsupported content-encoding ${unknown.slice(0, 40)}`);
  }

  /** False if the caller should wait for `onDecoderDrained`. */
  write(bytes: Buffer): boolean {
    this.#first ??= this.#start(bytes[0] ?? 0);
    return this.#first.write(bytes);
  }

  end(): void {
    // An empty body has no header of a compressed format.
    if (this.#first === undefined) this.listener.onDecodedEnd();
    else this.#first.end();
  }

  pause(): void {
    this.#last?.pause();
  }

  resume(): void {
    this.#last?.resume();
  }

  destroy(): void {
    this.#first?.destroy();
    this.#last?.destroy();
  }

  #start(first: number): Transform {
    const chain = [...this.codings].reverse().flatMap((name, index) => {
      const create = DECODERS[name];
      return create === undefined ? [] : [create(index === 0 ? first : 0x78)];
    });
    const head = chain[0];
    const tail = chain.at(-1);
    if (head === undefined || tail === undefined) throw new Error("no coding to decode");
    for (const [index, stage] of chain.entries()) {
      stage.on("error", (error) => {
        this.destroy();
        this.listener.onUndecodable(error);
      });
      const next = chain[index + 1];
      if (next !== undefined) stage.pipe(next);
    }
    head.on("drain", () => this.listener.onDecoderDrained());
    tail.on("data", (bytes: Buffer) => this.listener.onDecoded(bytes));
    tail.on("end", () => this.listener.onDecodedEnd());
    this.#last = tail;
    return head;
  }
}
