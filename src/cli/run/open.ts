import { spawn } from "node:child_process";
import { once } from "node:events";
import { sessionRoutes } from "../../contracts/routes/accounts.js";
import { callAdmin } from "../platform/admin-api.js";
import { type ConnectionOptions, connect } from "../platform/connection.js";
import { print, printError } from "../terminal/output.js";

/** `keelson open`: opens the dashboard in the browser, signed in. Without a browser, the address is printed. */
export async function open(options: ConnectionOptions): Promise<void> {
  const connection = await connect(options);
  const { url } = await callAdmin(connection, sessionRoutes.createSignInLink, { body: {} });
  if (await openInBrowser(url)) printError("opened the dashboard in the browser; the link signs in once\n");
  else print(`${url}\n`);
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
