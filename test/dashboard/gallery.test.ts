import { fileURLToPath } from "node:url";
import { createServer, type ViteDevServer } from "vite";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Browser, startBrowser } from "../support/dashboard/browser.js";
import { describeWith } from "../support/requirements.js";

const SCREENSHOTS = process.env["KEELSON_SCREENSHOTS"];

describeWith(["chromium"], "the component gallery", ({ chromium }) => {
  let vite: ViteDevServer;
  let browser: Browser;

  beforeAll(async () => {
    vite = await createServer({
      configFile: fileURLToPath(new URL("../../dashboard/vite.config.ts", import.meta.url)),
      server: { host: "127.0.0.1", port: 0 },
      logLevel: "error",
    });
    await vite.listen();
    browser = await startBrowser(chromium);
  });

  afterAll(async () => {
    await browser?.close();
    await vite?.close();
  });

  it.each(["light", "dark"] as const)("shows every component without errors in %s", async (colorScheme) => {
    const { page } = browser;
    await page.emulateMedia({ colorScheme });
    await page.goto(`${vite.resolvedUrls?.local[0]}gallery.html`);
    await page.getByRole("heading", { name: "Components", level: 1 }).waitFor();
    for (const title of [
      "Verdicts and states",
      "Table",
      "Lines with findings",
      "Promise sheet",
      "Plot",
      "Loading, empty and failed",
    ])
      await page.getByRole("region", { name: title, exact: true }).waitFor();
    await page.getByText("never recovered").first().waitFor();
    // Each term that a drill has measured is held against its estimate, and the drills show a trend.
    const restored = page.getByRole("button", { name: "database" }).first();
    await restored.press("Enter");
    await page.getByText("estimated 40s, measured 26s on 512 MiB").first().waitFor();
    const trend = page.getByRole("region", { name: "Trend over the drills" }).first();
    await trend.getByText("5 drills as a table").press("Enter");
    expect(await trend.getByRole("row").count()).toBe(6);
    await trend.getByRole("cell", { name: "never recovered", exact: true }).waitFor();
    if (SCREENSHOTS !== undefined)
      await page.screenshot({ path: `${SCREENSHOTS}/gallery-${colorScheme}.png`, fullPage: true });
    await restored.press("Enter");
    expect(browser.complaints()).toEqual([]);
  });
});
