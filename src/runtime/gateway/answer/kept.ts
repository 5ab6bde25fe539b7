/** Pieces of an answer that are kept until it is known to be complete. */
export class KeptAnswer {
  #parts: Buffer[] = [];
  #size = 0;
  /** Bytes of the whole answer so far, kept or not. */
  total = 0;

  get size(): number {
    return this.#size;
  }

  add(chunk: Buffer): void {
    this.#parts.push(chunk);
    this.#size += chunk.length;
    this.total += chunk.length;
  }

  /** Everything kept; nothing is kept any more. */
  take(): Buffer {
    const [first] = this.#parts;
    const all = this.#parts.length === 1 && first !== undefined ? first : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#size = 0;
    return all;
  }

  /** Everything but the newest piece, which stays: the end of the answer is in it, or still to come. */
  takeOlder(): Buffer {
    const newest = this.#parts.pop();
    const older = this.take();
    if (newest !== undefined) {
      this.#parts.push(newest);
      this.#size = newest.length;
    }
    return older;
  }

  clear(): void {
    this.#parts = [];
    this.#size = 0;
    this.total = 0;
  }
}
