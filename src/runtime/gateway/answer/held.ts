/** Pieces of an answer that are held back until it is complete. */
export class HeldAnswer {
  #parts: Buffer[] = [];
  #size = 0;
  /** Bytes of the whole answer so far, held or not. */
  total = 0;

  /** Bytes that are held. */
  get size(): number {
    return this.#size;
  }

  add(chunk: Buffer): void {
    this.#parts.push(chunk);
    this.#size += chunk.length;
    this.total += chunk.length;
  }

  /** Returns everything that is held, and holds nothing any more. */
  take(): Buffer {
    const [first] = this.#parts;
    const all = this.#parts.length === 1 && first !== undefined ? first : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#size = 0;
    return all;
  }

  /** Returns all but the newest piece: the end of the answer is in that one, or still to come. */
  takeOlder(): Buffer {
    const newest = this.#parts.pop();
    const older = this.take();
    if (newest !== undefined) {
      this.#parts.push(newest);
      this.#size = newest.length;
    }
    return older;
  }
}
