import { stringify } from "yaml";

/**
 * YAML that old and new readers understand alike: what YAML 1.1 takes for something else than text (`off`, `1:30`) is
 * quoted, as kubectl and Compose need it. Block style, scripts as literal blocks, no line folded, no anchors.
 */
export function stringifyYaml(value: unknown): string {
  return stringify(value, { version: "1.1", aliasDuplicateObjects: false, lineWidth: 0, blockQuote: "literal" });
}
