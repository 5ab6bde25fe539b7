import { createHash, randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** Characters that 32 bytes take in base 62. */
const secretLength = 43;
/** Characters that 32 bits take in base 62. */
const checksumLength = 6;

/** `kls`: API key, `kll`: sign-in link, `kse`: session. A leaked one is recognised by scanners, and by people. */
export type TokenKind = "kls" | "kll" | "kse";

/** A new secret: its kind, 256 random bits, and a checksum by which a mistyped one is known without asking anybody. */
export function createToken(kind: TokenKind): string {
  const body = `${kind}_${base62(BigInt(`0x${randomBytes(32).toString("hex")}`), secretLength)}`;
  return body + checksum(body);
}

/** Whether the text can be a token of this kind at all: its form and its checksum. Says nothing of whether it is valid. */
export function isToken(kind: TokenKind, text: string): boolean {
  if (text.length !== kind.length + 1 + secretLength + checksumLength || !text.startsWith(`${kind}_`)) return false;
  const body = text.slice(0, -checksumLength);
  return /^[0-9A-Za-z]+$/.test(body.slice(kind.length + 1)) && text.endsWith(checksum(body));
}

/** Hex SHA-256: what is stored and asked for. 256 random bits need no salt and no slow hash. */
export function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** What may be shown of a key, to tell it from others: 8 of its 43 characters. */
export function prefixOf(key: string): string {
  return key.slice(0, 12);
}

/** A short name that is nobody else's, such as `key_7Hd0…` (96 random bits). */
export function createId(kind: "key" | "usr"): string {
  return `${kind}_${base62(BigInt(`0x${randomBytes(12).toString("hex")}`), 17)}`;
}

function checksum(body: string): string {
  return base62(BigInt(crc32(body)), checksumLength);
}

function base62(value: bigint, length: number): string {
  let text = "";
  for (let rest = value; text.length < length; rest /= 62n) text = alphabet.charAt(Number(rest % 62n)) + text;
  return text;
}
