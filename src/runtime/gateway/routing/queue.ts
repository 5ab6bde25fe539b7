import { SharedLimit } from "../limits/shared-limit.js";
import type { Tried } from "./pick.js";

/** A request that waits for a target. */
export interface Waiter<Target> {
  /** The sender of the request. Owners share the slots of the queue. */
  readonly owner: string;
  /** Targets that the request has tried. */
  readonly tried: Tried<Target> | undefined;
  /** Epoch milliseconds; at this time the request stops waiting. */
  readonly waitUntil: number;
  granted(target: Target): void;
}

/** Acquires a slot at the best target that `tried` permits; undefined when all of those are full or ejected. */
export type AcquireSlot<Target> = (tried: Tried<Target> | undefined) => Target | undefined;

/**
 * The bounded queue of one model. Each waiter gets the first target that it may use, in order of arrival: a waiter that no free
 * target suits does not block those behind it. After `serve`, no target with room is idle while a waiter may use it.
 */
export class WaitQueue<Target, Entry extends Waiter<Target>> {
  readonly #waiting: Entry[] = [];
  readonly #slots: SharedLimit;
  #serving = false;
  #serveAgain = false;

  constructor(capacity: number) {
    this.#slots = new SharedLimit(capacity);
  }

  get length(): number {
    return this.#waiting.length;
  }

  /** Adds a waiter; false when the queue is full, or its owner's share of it. `now`: epoch milliseconds. */
  push(waiter: Entry, now: number): boolean {
    if (!this.#slots.take(waiter.owner, 1, now)) return false;
    this.#waiting.push(waiter);
    return true;
  }

  /** Removes a waiter; does nothing when it no longer waits. */
  remove(waiter: Entry): void {
    const index = this.#waiting.indexOf(waiter);
    if (index >= 0) this.#removeAt(index);
  }

  /** Removes and returns the waiters whose `waitUntil` has passed, oldest first. */
  expire(now: number): Entry[] {
    const expired = this.#waiting.filter(({ waitUntil }) => waitUntil <= now);
    for (const waiter of expired) this.remove(waiter);
    return expired;
  }

  /** Empties the queue. */
  drain(): Entry[] {
    const all = this.#waiting.splice(0);
    for (const { owner } of all) this.#slots.release(owner, 1);
    return all;
  }

  /** Grants every slot that a waiter may use. `granted` may call back into the queue. */
  serve(take: AcquireSlot<Target>): void {
    if (this.#serving) {
      this.#serveAgain = true;
      return;
    }
    this.#serving = true;
    try {
      do {
        this.#serveAgain = false;
        this.#serveOnce(take);
      } while (this.#serveAgain);
    } finally {
      this.#serving = false;
    }
  }

  #serveOnce(take: AcquireSlot<Target>): void {
    let index = 0;
    for (;;) {
      const waiter = this.#waiting[index];
      if (waiter === undefined) return;
      const target = take(waiter.tried);
      if (target !== undefined) {
        this.#removeAt(index);
        waiter.granted(target);
        // `granted` may have added or removed waiters: the order of those before `index` is not certain any more.
        index = 0;
      } else if (waiter.tried === undefined) {
        // A waiter that may use any target got none: no waiter behind it would get one.
        return;
      } else index += 1;
    }
  }

  #removeAt(index: number): void {
    for (const { owner } of this.#waiting.splice(index, 1)) this.#slots.release(owner, 1);
  }
}
