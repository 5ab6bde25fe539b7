/** Pieces of a response that are held back until it is complete. */
export class HeldResponse {
  #parts: Buffer[] = [];
  #size = 0;
  /** Bytes of the response so far, held or not. */
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

  /** The text of the held pieces. */
  peek(): string {
    return Buffer.concat(this.#parts).toString("utf8");
  }

  /** Removes and returns all held pieces. */
  take(): Buffer {
    const [first] = this.#parts;
    const all = this.#parts.length === 1 && first !== undefined ? first : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#size = 0;
    return all;
  }

  /** Removes and returns all pieces except the newest: it may contain the end of the response. */
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
