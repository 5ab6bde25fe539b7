import { type ConnectionOptions, findRunning } from "../platform/connection.js";
import { down } from "./down.js";
import { up } from "./up.js";

export interface RestartOptions extends ConnectionOptions {
  readonly json?: boolean;
}

/** `keelson restart`: stops the platform and starts it again in the background, as it was started. */
export async function restart(options: RestartOptions): Promise<void> {
  const { start, environment, data } = await findRunning(options);
  await down({ data, quiet: true });
  const { file, host, port, split, backups } = start;
  await up(file, {
    ...{ host, port, split, environment, data, detach: true },
    ...(backups !== undefined && { backups }),
    ...(options.json && { json: true }),
  });
}
