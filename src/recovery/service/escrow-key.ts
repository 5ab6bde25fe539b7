import { authenticationKey } from "../authenticator.js";
import { escrowKeyName, sealFor } from "../escrow.js";
import { single } from "../repository/repository.js";
import type { RecoveryOptions } from "./context.js";

/** Stores the key that authenticates the backups, encrypted to the escrow recipients. Nothing without them. */
export async function writeEscrowKey({ repository, codec, identity }: RecoveryOptions, system: string): Promise<void> {
  if (codec.escrow.length === 0 || codec.authenticator === undefined || identity === undefined) return;
  const sealed = await sealFor(codec.escrow, authenticationKey(identity));
  await repository.put(escrowKeyName(system, codec.authenticator.fingerprint), single(sealed));
}
