import { Document } from "yaml";
import type { Manifest } from "./manifest.js";

/** One object as YAML: block style, scripts as literal blocks, no line folded. */
export function yamlOf(manifest: Manifest): string {
  return new Document(manifest, { aliasDuplicateObjects: false }).toString({ lineWidth: 0, blockQuote: "literal" });
}
