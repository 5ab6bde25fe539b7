import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Browser, startBrowser } from "./browser.js";
import { type RunningPlatform, startPlatform } from "./running-platform.js";

/** With KEELSON_SCREENSHOTS=DIR the pages are kept as pictures, for people to look at. */
const pictures = process.env["KEELSON_SCREENSHOTS"];

/** A running platform, and a browser that shows its dashboard. */
export interface Dashboard {
  readonly platform: RunningPlatform;
  readonly browser: Browser;
  /** Keeps a picture of the page, if they are wanted. */
  picture(name: string): Promise<void>;
  stop(): Promise<void>;
}

interface DashboardOptions {
  /** Uses the platform's single-use link. */
  readonly signedIn?: boolean;
  /** The platform file; by default the starter. */
  readonly text?: string;
}

/** Starts both. */
export async function startDashboard(
  chromium: string,
  { signedIn = true, text }: DashboardOptions = {},
): Promise<Dashboard> {
  const platform = await startPlatform(text);
  let browser: Browser | undefined;
  const stop = async () => {
    await browser?.close();
    await platform.stop();
  };
  try {
    const started = await startBrowser(chromium);
    browser = started;
    if (signedIn) {
      await started.page.goto(platform.signIn);
      await started.page.getByRole("heading", { name: "Promises", level: 1 }).waitFor();
    }
    return {
      platform,
      browser: started,
      stop,
      async picture(name) {
        if (pictures === undefined) return;
        await mkdir(pictures, { recursive: true });
        await started.page.screenshot({ path: join(pictures, `${name}.png`) });
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
