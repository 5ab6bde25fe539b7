import { SharedLimit } from "../limits/shared-limit.js";

/** The memory of one body. Released exactly once, when its request needs it no more. */
export interface Lease {
  readonly organisation: string;
  bytes: number;
  /** Of `bytes`, those from the reserve. */
  reserved: number;
}

/** A body up to this size is small. */
export const SMALL_BYTES = 64 * 1024;
/** The share of an organisation: with it, four organisations with large bodies are served at the same time. */
const ORGANISATION_SHARE = 4;
/** The share of the memory that only small bodies may use. */
const RESERVE_SHARE = 16;

/**
 * The memory of the bodies of all requests. An organisation holds at most a quarter of it. A reserve is for small bodies: large ones
 * cannot lock out the many requests that need little. Within these bounds organisations share the memory (`SharedLimit`).
 */
export class BodyMemory {
  readonly #common: SharedLimit;
  readonly #reserve: SharedLimit;
  readonly #organisationBytes: number;

  constructor(totalBytes: number) {
    const reserveBytes = Math.floor(totalBytes / RESERVE_SHARE);
    this.#common = new SharedLimit(totalBytes - reserveBytes);
    this.#reserve = new SharedLimit(reserveBytes);
    this.#organisationBytes = Math.floor(totalBytes / ORGANISATION_SHARE);
  }

  /** Bytes in use. */
  get used(): number {
    return this.#common.used + this.#reserve.used;
  }

  /** Takes memory for more bytes of a body; false when there is none. `now`: epoch milliseconds. */
  take(lease: Lease, bytes: number, now: number): boolean {
    const { organisation } = lease;
    if (lease.bytes + bytes > SMALL_BYTES && lease.reserved > 0 && !this.#leaveReserve(lease, now)) return false;
    if (
      this.#common.heldBy(organisation) + bytes <= this.#organisationBytes &&
      this.#common.take(organisation, bytes, now)
    ) {
      lease.bytes += bytes;
      return true;
    }
    const isSmall = lease.bytes + bytes <= SMALL_BYTES;
    if (!isSmall || !this.#reserve.take(organisation, bytes, now)) return false;
    lease.bytes += bytes;
    lease.reserved += bytes;
    return true;
  }

  release(lease: Lease): void {
    const { organisation, bytes, reserved } = lease;
    if (bytes > reserved) this.#common.release(organisation, bytes - reserved);
    if (reserved > 0) this.#reserve.release(organisation, reserved);
    lease.bytes = 0;
    lease.reserved = 0;
  }

  /** A body that is no longer small takes the memory of large ones. */
  #leaveReserve(lease: Lease, now: number): boolean {
    const { organisation, reserved } = lease;
    if (this.#common.heldBy(organisation) + reserved > this.#organisationBytes) return false;
    if (!this.#common.take(organisation, reserved, now)) return false;
    this.#reserve.release(organisation, reserved);
    lease.reserved = 0;
    return true;
  }
}
