/** The command of a container whose image is not Keelson's. */
export interface EntryPoint {
  /** Replaces the image's entrypoint; undefined: the image's entrypoint runs. */
  readonly program: readonly string[] | undefined;
  /** Arguments of the image's entrypoint; undefined: the image's default arguments. */
  readonly options: readonly string[] | undefined;
}

/** A command that begins with an option (`--model …`) consists of arguments for the entrypoint of the image. */
export function entryPoint(command: readonly string[]): EntryPoint {
  const [first] = command;
  if (first === undefined) return { program: undefined, options: undefined };
  return first.startsWith("-") ? { program: undefined, options: command } : { program: command, options: undefined };
}
