import type { Intent } from "./records.js";
import type { Segment } from "./segments.js";

interface Open {
  readonly intent: Intent;
  /** Of the newest checkpoint. */
  outputTokens: number;
  /** Where the newest copy of the intent is; undefined while it is on its way to the disk. */
  segment: Segment | undefined;
}

/** The requests whose usage is not settled, and the files that hold their intents: a file stays as long as one of its own is open. */
export class OpenIntents {
  readonly #open = new Map<string, Open>();
  /** On their way from an older file into the newest. */
  readonly #carried = new Set<string>();

  get size(): number {
    return this.#open.size;
  }

  /** Some intent has left its old file and has not reached its new one. */
  get carrying(): boolean {
    return this.#carried.size > 0;
  }

  isCarried(id: string): boolean {
    return this.#carried.has(id);
  }

  add(intent: Intent): void {
    this.#open.set(intent.id, { intent, outputTokens: 0, segment: undefined });
  }

  /** Notes how far an answer has come; false when it is not open. */
  progress(id: string, outputTokens: number): boolean {
    const open = this.#open.get(id);
    if (open === undefined) return false;
    open.outputTokens = outputTokens;
    return true;
  }

  /** The intent has reached the disk, in `segment`. */
  written(id: string, segment: Segment): void {
    const open = this.#open.get(id);
    if (open === undefined) return;
    this.#carried.delete(id);
    open.segment = segment;
    segment.open += 1;
  }

  close(id: string): void {
    const open = this.#open.get(id);
    this.#open.delete(id);
    this.#carried.delete(id);
    if (open?.segment !== undefined) open.segment.open -= 1;
  }

  /** Takes the intents that are open out of a file; each is to be written again (`written`). */
  carryFrom(segment: Segment): readonly Readonly<Open>[] {
    const leaving = [...this.#open.values()].filter((open) => open.segment === segment);
    for (const open of leaving) {
      segment.open -= 1;
      open.segment = undefined;
      this.#carried.add(open.intent.id);
    }
    return leaving;
  }
}
