import { createHash } from "node:crypto";
import { z } from "zod";
import { KeelsonError } from "../../errors/keelson-error.js";
import type { Authenticator, Purpose } from "../authenticator.js";
import { corrupt } from "../backup-codec.js";
import { collectAtMost, type Repository, single } from "./repository.js";

/*
 * A JSON document after one line with its SHA-256, which detects damage, and its authentication code, which proves its origin.
 */

/**
 * Whether an object was written by a holder of the platform's identity.
 *
 * - `authenticated`: its authentication code verifies.
 * - `unauthenticated`: it has no code. Earlier versions of Keelson wrote none, and anyone can write such an object.
 * - `other-key`: its code was made with another key, which is not at hand.
 * - `not-checked`: no identity is at hand to check it with.
 */
export type Origin = "authenticated" | "unauthenticated" | "other-key" | "not-checked";

/** What the authentication code covers besides the name and the content of the object. */
export interface SignedFor {
  readonly purpose: Purpose;
  /** Another object to which this one belongs, by its SHA-256. */
  readonly bound?: string;
}

/** A manifest has about 100 bytes per table: this is enough for 150,000 tables. */
export const MAX_SIGNED_BYTES = 16 * 1024 * 1024;

const headerSchema = z.object({
  sha256: z.string(),
  /** Fingerprint of the key of `mac`. */
  key: z.string().optional(),
  mac: z.string().optional(),
});

type Header = z.infer<typeof headerSchema>;

/** Writes a document. `authenticator` is undefined only where nothing may be written. */
export async function writeSigned(
  repository: Repository,
  authenticator: Authenticator | undefined,
  name: string,
  content: unknown,
  { purpose, bound = "" }: SignedFor,
): Promise<void> {
  if (authenticator === undefined)
    throw new KeelsonError("backup/no-identity", `${name} cannot be written without an identity`);
  const body = JSON.stringify(content, undefined, 2);
  const sha256 = digest(body);
  const mac = authenticator.mac(purpose, name, sha256, bound);
  const header: Header = { sha256, key: authenticator.fingerprint, mac };
  await repository.put(name, single(Buffer.from(`${JSON.stringify(header)}\n${body}\n`)));
}

/**
 * Reads a document and determines its origin. Throws `backup/missing`, `backup/format`, and `backup/corrupt` for a damaged
 * document and for a code that was made with the key at hand, but for other content or for another name.
 */
export async function readSigned<T>(
  repository: Repository,
  authenticator: Authenticator | undefined,
  name: string,
  { schema, signedFor }: { readonly schema: z.ZodType<T>; readonly signedFor: SignedFor },
): Promise<{ readonly content: T; readonly origin: Origin }> {
  const text = (await collectAtMost(MAX_SIGNED_BYTES, repository.get(name), name)).toString("utf8");
  const end = text.indexOf("\n");
  const body = text.slice(end + 1).replace(/\n$/, "");
  const sha256 = digest(body);
  const header = headerSchema.safeParse(parsed(text.slice(0, end)));
  if (!header.success || header.data.sha256 !== sha256)
    throw corrupt(name, "its SHA-256 does not match its first line");
  const content = schema.safeParse(parsed(body));
  if (!content.success)
    throw new KeelsonError("backup/format", `${name} was written by another version of Keelson`, {
      cause: content.error,
    });
  return { content: content.data, origin: originOf(authenticator, name, header.data, signedFor) };
}

function originOf(
  authenticator: Authenticator | undefined,
  name: string,
  { sha256, key, mac }: Header,
  { purpose, bound = "" }: SignedFor,
): Origin {
  if (mac === undefined || key === undefined) return "unauthenticated";
  if (authenticator === undefined) return "not-checked";
  if (key !== authenticator.fingerprint) return "other-key";
  if (authenticator.verifies(mac, purpose, name, sha256, bound)) return "authenticated";
  throw corrupt(name, "its authentication code does not verify: it was changed, moved or not written by this platform");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
