import { createHash, createHmac, hkdfSync, timingSafeEqual } from "node:crypto";

/**
 * Proves that an object of the repository was written by a holder of the platform's identity. A checksum proves only that
 * an object is complete, and age encrypts to a public key: every process that can write to the repository can produce both.
 */
export interface Authenticator {
  /** Identifies the key without revealing it: the first 16 hex digits of its SHA-256. */
  readonly fingerprint: string;
  /** The authentication code of an object: HMAC-SHA-256 in hex over its purpose and its parts. */
  mac(purpose: Purpose, ...parts: readonly string[]): string;
  /** Whether `code` is the authentication code of these parts. Takes the same time for every wrong code. */
  verifies(code: string, purpose: Purpose, ...parts: readonly string[]): boolean;
}

/** What an authentication code is for: a code of one purpose is not valid for another. */
export type Purpose = "manifest" | "verification" | "wal" | "marker";

const KEY_BYTES = 32;

/**
 * The authenticator of an age identity. Its key is derived with HKDF-SHA-256 (RFC 5869), so that it reveals nothing about the
 * identity.
 */
export function authenticatorOf(identity: string): Authenticator {
  return authenticatorWith(authenticationKey(identity));
}

/** The key of `authenticatorOf`, for the holder of an escrow identity, who has no other way to it. */
export function authenticationKey(identity: string): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", identity, "", "keelson backup authentication v1", KEY_BYTES));
}

/** The authenticator with a key of 32 bytes. */
export function authenticatorWith(key: Uint8Array): Authenticator {
  const mac = (purpose: Purpose, parts: readonly string[]): Buffer => {
    const hmac = createHmac("sha256", key);
    // With their lengths: otherwise ("ab", "c") and ("a", "bc") would have the same code.
    for (const part of [purpose, ...parts]) hmac.update(`${Buffer.byteLength(part)}:${part}`);
    return hmac.digest();
  };
  return {
    fingerprint: createHash("sha256").update(key).digest("hex").slice(0, 16),
    mac: (purpose, ...parts) => mac(purpose, parts).toString("hex"),
    verifies(code, purpose, ...parts) {
      const expected = mac(purpose, parts);
      const given = Buffer.from(code, "hex");
      return given.byteLength === expected.byteLength && timingSafeEqual(given, expected);
    },
  };
}
