import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { afterEach, expect, test } from "vitest";
import { authenticationKey, authenticatorOf } from "../../src/recovery/authenticator.js";
import { ageCodec } from "../../src/recovery/backup-codec.js";
import { escrowedAuthenticator, escrowKeyName, readRecipients, sealFor } from "../../src/recovery/escrow.js";
import { openFolder } from "../../src/recovery/repository/folder.js";
import { collect, single } from "../../src/recovery/repository/repository.js";
import { temporaryDirectory } from "../support/recovery/source.js";

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

test("an escrow identity decrypts what the platform stores, and authenticates it by the noted fingerprint", async () => {
  const [own, escrow, other] = await Promise.all([1, 2, 3].map(() => generateX25519Identity()));
  const recipient = await identityToRecipient(escrow ?? "");
  const codec = await ageCodec(own ?? "", [recipient]);
  const stored = await collect(codec.encode(single(Buffer.from("content"))));
  const holder = await ageCodec(escrow ?? "");
  expect((await collect(holder.decode(single(stored), "object"))).toString()).toBe("content");

  const repository = openFolder(join(temporaryDirectory(cleanups), "backups"));
  const { fingerprint, mac } = authenticatorOf(own ?? "");
  const key = await sealFor([recipient], authenticationKey(own ?? ""));
  await repository.put(escrowKeyName("1", fingerprint), single(key));
  const found = await escrowedAuthenticator(repository, "1", fingerprint, escrow ?? "");
  expect(found.verifies(mac("manifest", "name"), "manifest", "name")).toBe(true);
  await expect(escrowedAuthenticator(repository, "1", fingerprint, other ?? "")).rejects.toMatchObject({
    code: "backup/wrong-key",
  });
  // A key of another author under the noted name.
  const forged = await sealFor([recipient], authenticationKey(other ?? ""));
  await repository.put(escrowKeyName("1", fingerprint), single(forged));
  await expect(escrowedAuthenticator(repository, "1", fingerprint, escrow ?? "")).rejects.toMatchObject({
    code: "backup/unauthenticated",
  });
});

test("the recipients file has one public key per line; another line is refused", async () => {
  const path = join(temporaryDirectory(cleanups), "recipients");
  expect(await readRecipients(path)).toEqual([]);
  const recipient = await identityToRecipient(await generateX25519Identity());
  writeFileSync(path, `# of the security team\n${recipient}\n\n`);
  expect(await readRecipients(path)).toEqual([recipient]);
  writeFileSync(path, "age1nonsense\n");
  await expect(readRecipients(path)).rejects.toMatchObject({ code: "backup/recipient" });
});
