import type { Intent } from "./records.js";
import type { Segment } from "./segments.js";

interface OpenIntent {
  readonly intent: Intent;
  /** From the newest checkpoint. */
  outputTokens: number;
  /** The file with the newest durable copy of the intent; undefined until one is durable. */
  segment: Segment | undefined;
}

/** Requests that are not settled, and the files that hold their intents. A file is retained while one of its intents is open. */
export class OpenIntents {
  readonly #open = new Map<string, OpenIntent>();
  /** Intents that are being copied from an older file into the newest. */
  readonly #relocating = new Set<string>();

  get size(): number {
    return this.#open.size;
  }

  /** Whether an intent was removed from its old file and is not yet durable in the new one. */
  get relocating(): boolean {
    return this.#relocating.size > 0;
  }

  isRelocating(id: string): boolean {
    return this.#relocating.has(id);
  }

  add(intent: Intent): void {
    this.#open.set(intent.id, { intent, outputTokens: 0, segment: undefined });
  }

  /** Records the output so far; false when the request is not open. */
  progress(id: string, outputTokens: number): boolean {
    const open = this.#open.get(id);
    if (open === undefined) return false;
    open.outputTokens = outputTokens;
    return true;
  }

  /** The intent is durable in `segment`. */
  written(id: string, segment: Segment): void {
    const open = this.#open.get(id);
    if (open === undefined) return;
    this.#relocating.delete(id);
    open.segment = segment;
    segment.open += 1;
  }

  close(id: string): void {
    const open = this.#open.get(id);
    this.#open.delete(id);
    this.#relocating.delete(id);
    if (open?.segment !== undefined) open.segment.open -= 1;
  }

  /** Removes the open intents of a file from it; the caller writes each to the newest file (`written`). */
  relocateFrom(segment: Segment): readonly Readonly<OpenIntent>[] {
    const relocated = [...this.#open.values()].filter((open) => open.segment === segment);
    for (const open of relocated) {
      segment.open -= 1;
      open.segment = undefined;
      this.#relocating.add(open.intent.id);
    }
    return relocated;
  }
}
