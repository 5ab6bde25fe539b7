import { type Document, isScalar, parseAllDocuments } from "yaml";
import type { Diagnostic } from "../diagnostic.js";
import { type Mapping, SourceMap } from "../tree.js";
import { type Problem, problem } from "./problem.js";
import { distinctProblems, MAX_FILE_CHARACTERS, parserFailure, refuseText, syntaxProblem } from "./syntax.js";
import { Walk } from "./walk.js";

export type YamlReading =
  | {
      readonly ok: true;
      /** The tree with the first value of each duplicate key. */
      readonly tree: Mapping;
      readonly source: SourceMap;
      /** Duplicate keys, and the tree with their last values. */
      readonly duplicates: { readonly diagnostics: readonly Diagnostic[]; readonly last: Mapping } | undefined;
    }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[]; readonly source: SourceMap };

/**
 * Parses one YAML document into a tree of values with places. Does not throw: syntax errors, tabs, duplicate keys, unknown
 * or cyclic anchors, too many aliases, several documents and an empty file are diagnostics.
 */
export function readYaml(file: string, text: string): YamlReading {
  const source = new SourceMap(file, text.length > MAX_FILE_CHARACTERS ? "" : text);
  const refusal = refuseText(text);
  if (refusal) return { ok: false, diagnostics: [problem(source, refusal.at, refusal)], source };
  let documents: readonly Document.Parsed[];
  try {
    // Scalars stay text and keys are not checked for duplicates: `Walk` does both, in linear time.
    const options = { schema: "failsafe", prettyErrors: false, uniqueKeys: false, logLevel: "silent" } as const;
    const parsed = parseAllDocuments(text, options);
    documents = Array.isArray(parsed) ? parsed : [];
  } catch (error) {
    return { ok: false, diagnostics: [problem(source, 0, parserFailure(error))], source };
  }
  const [document, second] = documents;
  const { contents } = document ?? {};
  const blank = !contents || (isScalar(contents) && contents.source === "" && contents.type === "PLAIN");
  if (blank && !second && (document?.errors.length ?? 0) === 0) {
    const empty: Problem = {
      code: "yaml/empty",
      message: "the file is empty",
      hint: "start with `platform: NAME`",
    };
    return { ok: false, diagnostics: [problem(source, 0, empty)], source };
  }
  const errors = distinctProblems(
    documents.flatMap(({ errors }) => errors).map((error) => syntaxProblem(source, error)),
  );
  if (second) {
    const several: Problem = {
      code: "yaml/documents",
      message: "the file contains several YAML documents",
      hint: "write one platform per file, without `---` lines",
    };
    errors.push(problem(source, second.range[0], several));
  }
  if (!document?.contents || errors.length > 0) return { ok: false, diagnostics: errors, source };
  const walk = new Walk(source, "first");
  const tree = walk.value(document.contents, 0, undefined);
  if (walk.diagnostics.length > 0) return { ok: false, diagnostics: [...walk.diagnostics, ...walk.duplicates], source };
  if (tree.kind !== "mapping") {
    const shape: Problem = {
      code: "yaml/not-a-mapping",
      message: `a platform file is a mapping of keys to values; this is ${tree.kind === "scalar" ? "a single value" : "a list"}`,
      hint: "start with `platform: NAME`",
    };
    return { ok: false, diagnostics: [problem(source, tree.place.from, shape)], source };
  }
  if (walk.duplicates.length === 0) return { ok: true, tree, source, duplicates: undefined };
  const other = new Walk(source, "last").value(document.contents, 0, undefined);
  const last = other.kind === "mapping" ? other : tree;
  return { ok: true, tree, source, duplicates: { diagnostics: walk.duplicates, last } };
}
