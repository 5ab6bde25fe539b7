import { Readable } from "node:stream";

/** Up to this size one write to the socket is cheaper, and the memory of a copy does not matter. */
const SMALL_BYTES = 1024 * 1024;

/** A body as it is sent: one buffer, or the pieces themselves if it is large. */
export function sentAs(pieces: readonly Buffer[]): Buffer | readonly Buffer[] {
  if (bytesOf(pieces) > SMALL_BYTES) return pieces;
  const [only] = pieces;
  return only !== undefined && pieces.length === 1 ? only : Buffer.concat(pieces);
}

export function bytesOf(pieces: readonly Buffer[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}

/**
 * The pieces one after the other. The HTTP library keeps the body of a request until the end of its response, which may be a stream of
 * minutes: this one holds no piece that was sent.
 */
export class BodyStream extends Readable {
  readonly #rest: Buffer[];

  constructor(pieces: readonly Buffer[]) {
    super();
    this.#rest = [...pieces];
    // The connection reports its errors itself.
    this.on("error", () => undefined);
  }

  override _read(): void {
    this.push(this.#rest.shift() ?? null);
  }
}
