import { Decrypter, Encrypter } from "age-encryption";
import { readIfPresent } from "../disk/read.js";
import { KeelsonError } from "../errors/keelson-error.js";
import { messageOf } from "../errors/thrown.js";
import { type Authenticator, authenticatorWith } from "./authenticator.js";
import { collectAtMost, type Repository } from "./repository/repository.js";

/*
 * An escrow identity decrypts backups besides the identity of the platform, for the case that the latter is lost. It is made with
 * `age-keygen` elsewhere; the platform has only its public key. The authentication key derives from the platform's identity, so
 * it is stored encrypted to the escrow recipients. Everyone can replace that object: the holder compares its fingerprint with
 * the one that was noted when the recipient was added.
 */

/** The public keys in a recipients file as of `age --recipients-file`; none without the file. Throws `backup/recipient`. */
export async function readRecipients(path: string): Promise<readonly string[]> {
  const lines = ((await readIfPresent(path)) ?? "").split("\n").map((line) => line.trim());
  const recipients = lines.filter((line) => line !== "" && !line.startsWith("#"));
  for (const recipient of recipients) requireRecipient(recipient, path);
  return recipients;
}

function requireRecipient(recipient: string, path: string): void {
  try {
    new Encrypter().addRecipient(recipient);
  } catch (error) {
    throw new KeelsonError("backup/recipient", `${path} contains an invalid recipient: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

export function escrowKeyName(system: string, fingerprint: string): string {
  return `${system}/keys/${fingerprint}.age`;
}

export async function sealFor(recipients: readonly string[], key: Uint8Array): Promise<Uint8Array> {
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  return encrypter.encrypt(key);
}

/** An encrypted key with the header of age, which has about 100 bytes per recipient. */
const MAX_KEY_BYTES = 64 * 1024;

/**
 * The authenticator of the platform with this fingerprint, for the holder of an escrow identity. Throws `backup/missing`,
 * `backup/wrong-key`, and `backup/unauthenticated` for another key.
 */
export async function escrowedAuthenticator(
  repository: Repository,
  system: string,
  fingerprint: string,
  identity: string,
): Promise<Authenticator> {
  const name = escrowKeyName(system, fingerprint);
  const sealed = await collectAtMost(MAX_KEY_BYTES, repository.get(name), name);
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  const key = await decrypter.decrypt(sealed).catch((error: unknown) => {
    throw new KeelsonError("backup/wrong-key", "the authentication key was encrypted to another identity", {
      cause: error,
    });
  });
  const found = authenticatorWith(key);
  if (found.fingerprint === fingerprint) return found;
  throw new KeelsonError(
    "backup/unauthenticated",
    `the authentication key in the repository has the fingerprint ${found.fingerprint}, not ${fingerprint}`,
  );
}
