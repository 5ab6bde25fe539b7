const hub = /^hf:\/\/([\w.-]+)\/([\w.-]+)\/([^@]+?)(?:@([\w.-]+))?$/;

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

/** Whether a source names one file to download. */
export function namesFile(source: string): boolean {
  return /^https?:\/\//.test(source) || hubFile(source) !== undefined;
}
