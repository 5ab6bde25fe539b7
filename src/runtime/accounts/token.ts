import { hash, randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** Characters of 32 bytes in base 62. */
const SECRET_LENGTH = 43;
/** Characters of 32 bits in base 62. */
const CHECKSUM_LENGTH = 6;

/** `kls`: API key, `kll`: sign-in link, `kse`: session. Secret scanners recognise a leaked token by it. */
export type TokenKind = "kls" | "kll" | "kse";

/** A new secret: its kind, 256 random bits, and a checksum that detects a mistyped token without a lookup. */
export function createToken(kind: TokenKind): string {
  const body = `${kind}_${base62(BigInt(`0x${randomBytes(32).toString("hex")}`), SECRET_LENGTH)}`;
  return body + checksum(body);
}

/** Whether the text has the form and the checksum of a token of this kind. It may still be revoked, or never have existed. */
export function isToken(kind: TokenKind, text: string): boolean {
  if (text.length !== kind.length + 1 + SECRET_LENGTH + CHECKSUM_LENGTH || !text.startsWith(`${kind}_`)) return false;
  const body = text.slice(0, -CHECKSUM_LENGTH);
  return /^[0-9A-Za-z]+$/.test(body.slice(kind.length + 1)) && text.endsWith(checksum(body));
}

/** Hex SHA-256, which is stored and looked up. 256 random bits need no salt and no slow hash. */
export function hashToken(token: string): string {
  return hash("sha256", token, "hex");
}

/** The part of a key that lists show: 8 of its 43 characters. */
export function prefixOf(key: string): string {
  return key.slice(0, 12);
}

/** A unique id such as `key_7Hd0…` (96 random bits). */
export function createId(kind: "key" | "usr" | "ses"): string {
  return `${kind}_${base62(BigInt(`0x${randomBytes(12).toString("hex")}`), 17)}`;
}

function checksum(body: string): string {
  return base62(BigInt(crc32(body)), CHECKSUM_LENGTH);
}

function base62(value: bigint, length: number): string {
  let text = "";
  for (let rest = value; text.length < length; rest /= 62n) text = ALPHABET.charAt(Number(rest % 62n)) + text;
  return text;
}
