/**
 * Draws the first page of a running platform as one SVG for the README: the layout of Chromium, with every box,
 * word and icon at its position, in light and dark colours.
 *
 *     KEELSON_URL=http://127.0.0.1:8800 KEELSON_API_KEY=kls_… \
 *       node -e 'import("vite").then((vite) => vite.runnerImport("./dashboard/picture.ts"))' > docs/images/dashboard.svg
 *
 * Run the drills first, so that the page has measurements. CHROMIUM names the browser (default /usr/bin/chromium).
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { z } from "zod";
import { piecesOf } from "./picture/drawing.js";
import { svgOf } from "./picture/svg.js";

const settings = z
  .object({
    KEELSON_URL: z.url().default("http://127.0.0.1:8800"),
    KEELSON_API_KEY: z.string(),
    CHROMIUM: z.string().default("/usr/bin/chromium"),
  })
  .parse(process.env);

const PICTURE_WIDTH_PX = 1120;
const profile = await mkdtemp(join(tmpdir(), "keelson-picture-"));
const context = await chromium.launchPersistentContext(profile, {
  executablePath: settings.CHROMIUM,
  headless: true,
  args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"],
  viewport: { width: PICTURE_WIDTH_PX, height: 900 },
});
try {
  const page = context.pages()[0] ?? (await context.newPage());
  await page.goto(settings.KEELSON_URL);
  const key = page.getByLabel("API key");
  await key.fill(settings.KEELSON_API_KEY);
  await key.press("Enter");
  await page.getByRole("table").first().waitFor();
  const height = await page.locator("main").evaluate((main) => Math.ceil(main.getBoundingClientRect().bottom));
  await page.setViewportSize({ width: PICTURE_WIDTH_PX, height });
  const coloured = async (colorScheme: "light" | "dark") => {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`).waitFor();
    await page.waitForFunction(() => document.getAnimations().every(({ playState }) => playState !== "running"));
    return page.evaluate(piecesOf);
  };
  const light = await coloured("light");
  const dark = await coloured("dark");
  const title = "The dashboard's first page: the promise sheet of the starter, after its drills";
  process.stdout.write(svgOf({ title, width: PICTURE_WIDTH_PX, height, light, dark }));
} finally {
  await context.close();
  await rm(profile, { recursive: true, force: true });
}
