import { spawn } from "node:child_process";
import { once } from "node:events";
import { sessionRoutes } from "../../contracts/routes/accounts.js";
import { callAdmin } from "../platform/admin-api.js";
import { type ConnectionOptions, connect } from "../platform/connection.js";
import { print, printError, printJson } from "../terminal/output.js";

export interface OpenOptions extends ConnectionOptions {
  readonly json?: boolean;
}

/** `keelson open`: opens the dashboard in the browser, signed in. Without a browser, and for the public address of a platform behind another one, it is
 * printed. */
export async function open(options: OpenOptions): Promise<void> {
  const connection = await connect(options);
  const { url } = await callAdmin(connection, sessionRoutes.createSignInLink, { body: {} });
  const opened = hasOrigin(url, connection.url) && (await openInBrowser(url));
  if (options.json) printJson({ opened, url });
  else if (opened) printError("opened the dashboard in the browser; the link signs in once\n");
  else print(`${url}\n`);
}

/** Whether an address has the scheme, host and port of another: a response cannot make the browser open something else. */
function hasOrigin(url: string, expected: string): boolean {
  return (
    URL.canParse(url) && /^https?:$/.test(new URL(url).protocol) && new URL(url).origin === new URL(expected).origin
  );
}

/** False if this machine has no browser to open it with. */
async function openInBrowser(url: string): Promise<boolean> {
  const [command, ...args] = opener(url);
  if (command === undefined) return false;
  const child = spawn(command, args, { stdio: "ignore", detached: true });
  try {
    await once(child, "spawn");
  } catch {
    // No such program: the caller prints the address.
    return false;
  }
  child.unref();
  return true;
}

/** The command that opens an address; empty without a graphical session, for example over SSH. */
function opener(url: string): readonly string[] {
  if (process.platform === "darwin") return ["open", url];
  if (process.platform === "win32") return ["cmd", "/c", "start", "", url];
  const graphical = process.env["DISPLAY"] || process.env["WAYLAND_DISPLAY"];
  return graphical ? ["xdg-open", url] : [];
}
