/** Signals that start a graceful shutdown: Ctrl-C, `kill`, and a closed terminal. */
export const ENDING = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Exit code of a command that Ctrl-C ended: 128 and the number of SIGINT. */
export const INTERRUPTED = 130;

/**
 * Runs work that writes several files in a short time. A signal that arrives meanwhile ends the process when all of them are
 * written, so that no part of them remains. The process then ends by the signal, as the shell expects (130 for Ctrl-C).
 */
export async function uninterrupted<Result>(work: () => Promise<Result>): Promise<Result> {
  let received: NodeJS.Signals | undefined;
  const remember = (signal: NodeJS.Signals): void => {
    received ??= signal;
  };
  for (const signal of ENDING) process.on(signal, remember);
  try {
    return await work();
  } finally {
    for (const signal of ENDING) process.off(signal, remember);
    if (received !== undefined) process.kill(process.pid, received);
  }
}
