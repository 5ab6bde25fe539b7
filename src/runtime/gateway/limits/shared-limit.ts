/** How long the claim of a refused owner to its share is valid. Clients retry sooner: `Retry-After` is a second or two. */
export const CLAIM_TTL_MS = 5_000;

/**
 * A bounded resource (bytes, slots in a queue, look-ups in flight) that several owners share. No I/O and no clock.
 *
 * - The sum of what owners hold never exceeds the capacity.
 * - The share of an owner is the capacity divided by the owners that hold or claim some of it.
 * - Work-conserving: while no other owner claims anything, one owner may hold the whole capacity.
 * - An owner within its share is refused only while the resource is full. That registers a claim. While a claim is valid, no
 *   other owner is granted more than its own share, so the claimant receives what the others release.
 */
export class SharedLimit {
  #used = 0;
  readonly #held = new Map<string, number>();
  /** Owners that were refused within their share, with the epoch milliseconds until which their claim is valid. */
  readonly #claims = new Map<string, number>();

  constructor(readonly capacity: number) {}

  get used(): number {
    return this.#used;
  }

  heldBy(owner: string): number {
    return this.#held.get(owner) ?? 0;
  }

  /** Takes `amount` for `owner`; false when it is refused. `now`: epoch milliseconds. */
  take(owner: string, amount: number, now: number): boolean {
    if (this.#claims.size > 0) this.#expireClaims(now);
    if (this.#used + amount > this.capacity) {
      if (this.#isWithinShare(owner, amount)) {
        this.#claims.delete(owner);
        this.#claims.set(owner, now + CLAIM_TTL_MS);
      }
      return false;
    }
    if (this.#claims.size > 0) {
      const claimedByOthers = this.#claims.size > (this.#claims.has(owner) ? 1 : 0);
      if (claimedByOthers && !this.#isWithinShare(owner, amount)) return false;
      this.#claims.delete(owner);
    }
    this.#used += amount;
    this.#held.set(owner, this.heldBy(owner) + amount);
    return true;
  }

  /** Releases what `take` granted. */
  release(owner: string, amount: number): void {
    const left = this.heldBy(owner) - amount;
    this.#used -= amount;
    if (left > 0) this.#held.set(owner, left);
    else this.#held.delete(owner);
  }

  /** What `owner` may hold while others want some of it. */
  shareOf(owner: string): number {
    let owners = this.#held.size + (this.#held.has(owner) ? 0 : 1);
    for (const claimant of this.#claims.keys()) if (claimant !== owner && !this.#held.has(claimant)) owners += 1;
    return Math.ceil(this.capacity / owners);
  }

  #isWithinShare(owner: string, amount: number): boolean {
    return this.heldBy(owner) + amount <= this.shareOf(owner);
  }

  /** Claims are in the order of their expiry. */
  #expireClaims(now: number): void {
    for (const [owner, expiresAt] of this.#claims) {
      if (expiresAt > now) return;
      this.#claims.delete(owner);
    }
  }
}
