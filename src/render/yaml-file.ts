import type { RenderedFile } from "./target.js";
import { stringifyYaml } from "./yaml.js";

/** A file of YAML, whose path is below the folder of the target. */
export function yamlFile(path: string, content: unknown): RenderedFile {
  return { path, text: stringifyYaml(content), comment: "#" };
}
