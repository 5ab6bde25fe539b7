/** How a container of an image that is not Keelson's is started. */
export interface EntryPoint {
  /** Instead of the image's own program; undefined keeps it. */
  readonly program: readonly string[] | undefined;
  /** Given to the image's own program; undefined gives it what the image says. */
  readonly options: readonly string[] | undefined;
}

/** A command that begins with an option (`--model …`) is meant for the program that the image starts anyway. */
export function entryPoint(command: readonly string[]): EntryPoint {
  const [first] = command;
  if (first === undefined) return { program: undefined, options: undefined };
  return first.startsWith("-") ? { program: undefined, options: command } : { program: command, options: undefined };
}
