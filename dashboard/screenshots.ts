/**
 * Takes pictures of every page of a running platform: light and dark, desktop and phone.
 *
 *     KEELSON_URL=http://127.0.0.1:8800 KEELSON_API_KEY=kls_… SCREENSHOTS=screenshots \
 *       node -e 'import("vite").then((vite) => vite.runnerImport("./dashboard/screenshots.ts"))'
 *
 * The key needs the scope `admin`. CHROMIUM names the browser (default /usr/bin/chromium).
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { z } from "zod";

const settings = z
  .object({
    KEELSON_URL: z.url().default("http://127.0.0.1:8800"),
    KEELSON_API_KEY: z.string(),
    SCREENSHOTS: z.string().default("screenshots"),
    CHROMIUM: z.string().default("/usr/bin/chromium"),
  })
  .parse(process.env);

const devices = {
  desktop: { viewport: { width: 1360, height: 900 } },
  phone: { viewport: { width: 360, height: 780 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 },
} as const;
const pages = ["promises", "topology", "models", "usage", "keys", "drills"] as const;

const drills = z.object({ drills: z.array(z.object({ id: z.string(), state: z.string() })) });
const answer = await fetch(`${settings.KEELSON_URL}/admin/drills`, {
  headers: { authorization: `Bearer ${settings.KEELSON_API_KEY}` },
});
const known = drills.safeParse(answer.ok ? await answer.json() : undefined);
const finished = known.success ? known.data.drills.find(({ state }) => state === "finished") : undefined;
const wanted = [
  ...pages.map((name) => ({ name, path: `/${name}` })),
  ...(finished ? [{ name: "drill", path: `/drills/${finished.id}` }] : []),
];

await mkdir(settings.SCREENSHOTS, { recursive: true });
for (const [device, shape] of Object.entries(devices)) {
  const profile = await mkdtemp(join(tmpdir(), "keelson-screenshots-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: settings.CHROMIUM,
    headless: true,
    args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"],
    ...shape,
  });
  const page = context.pages()[0] ?? (await context.newPage());
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await context.clearCookies();
    await page.goto(settings.KEELSON_URL);
    const key = page.getByLabel("API key");
    await key.waitFor();
    await page.screenshot({ path: join(settings.SCREENSHOTS, `sign-in-${device}-${colorScheme}.png`) });
    await key.fill(settings.KEELSON_API_KEY);
    await key.press("Enter");
    await page.getByRole("navigation").waitFor();
    for (const { name, path } of wanted) {
      await page.goto(`${settings.KEELSON_URL}${path}`);
      await page.waitForLoadState("networkidle");
      await page.screenshot({ path: join(settings.SCREENSHOTS, `${name}-${device}-${colorScheme}.png`) });
    }
  }
  await context.close();
  await rm(profile, { recursive: true, force: true });
}
process.stderr.write(`${(wanted.length + 1) * 4} pictures in ${settings.SCREENSHOTS}\n`);
