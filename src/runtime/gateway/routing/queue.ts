import { type Claimant, FairQueue } from "../limits/fair-queue.js";
import { SharedLimit } from "../limits/shared-limit.js";
import type { Tried } from "./pick.js";

/** A request that waits for a target. Owners share the slots of the queue, and are served in turn. */
export interface Waiter<Target> extends Claimant {
  /** Targets that the request has tried. */
  readonly tried: Tried<Target> | undefined;
  /** Epoch milliseconds; at this time the request stops waiting. */
  readonly waitUntil: number;
  granted(target: Target): void;
}

/** Acquires a slot at the best target that `tried` permits; undefined when all of those are full or ejected. */
export type AcquireSlot<Target> = (tried: Tried<Target> | undefined) => Target | undefined;

/**
 * The bounded queue of one model. Organisations and their keys are served in turn (`FairQueue`). Each waiter gets the first target that
 * it may use: a waiter that no free target suits does not block those behind it. After `serve`, no target with room is idle while a
 * waiter may use it.
 */
export class WaitQueue<Target, Entry extends Waiter<Target>> {
  readonly #waiting = new FairQueue<Entry>();
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
    if (this.#waiting.remove(waiter)) this.#slots.release(waiter.owner, 1);
  }

  /** Removes and returns the waiters whose `waitUntil` has passed. */
  expire(now: number): Entry[] {
    const expired = [...this.#waiting.inOrder()].filter(({ waitUntil }) => waitUntil <= now);
    for (const waiter of expired) this.remove(waiter);
    return expired;
  }

  /** Empties the queue. */
  drain(): Entry[] {
    const all = this.#waiting.drain();
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
        while (this.#serveOne(take));
      } while (this.#serveAgain);
    } finally {
      this.#serving = false;
    }
  }

  /** Grants one slot; false when no waiter can use one. */
  #serveOne(take: AcquireSlot<Target>): boolean {
    for (const waiter of this.#waiting.inOrder()) {
      const target = take(waiter.tried);
      if (target !== undefined) {
        this.#waiting.serve(waiter);
        this.#slots.release(waiter.owner, 1);
        waiter.granted(target);
        return true;
      }
      // A waiter that may use any target got none: no waiter behind it would get one.
      if (waiter.tried === undefined) return false;
    }
    return false;
  }
}
