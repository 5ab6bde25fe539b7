import type { Element, Milliseconds } from "./element.js";

export interface Secret extends Element {
  readonly keys: readonly string[];
  readonly from: "generated" | "file" | "sealed" | "aws-secrets-manager" | "linode-secret-manager";
  readonly rotate: Milliseconds | undefined;
}
