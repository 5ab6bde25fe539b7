import type { Element, Milliseconds } from "./element.js";

export interface Secret extends Element {
  readonly keys: readonly string[];
  readonly from: "generated" | "file" | "sealed" | "aws-secrets-manager" | "linode-secret-manager";
  readonly rotate: Milliseconds | undefined;
}

/** Keys of a secret as one container reads them: `/run/secrets/keelson/<directory>/<key>`. */
export interface SecretMount {
  readonly secret: string;
  readonly directory: string;
  readonly keys: readonly string[];
}
