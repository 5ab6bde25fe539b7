import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { z } from "zod";

/** Chromium with an empty profile, and the errors that pages reported. */
export interface Browser {
  readonly page: Page;
  /** Console errors, uncaught errors and violations of the Content-Security-Policy since the last call. */
  complaints(): readonly string[];
  /** Violations of accessibility rules of level serious or critical in the current page. */
  accessibility(): Promise<readonly string[]>;
  /** How many pixels the page is wider than the window. */
  overflow(): Promise<number>;
  /** How many pixels of the window's width the first such element leaves free, where no scroll bar stands. */
  unspanned(selector: string): Promise<number>;
  close(): Promise<void>;
}

const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const axeSource = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const axeAnswer = z.object({
  violations: z.array(
    z.object({ id: z.string(), impact: z.string().nullish(), nodes: z.array(z.object({ html: z.string() })) }),
  ),
});

export const desktop = { width: 1280, height: 860 };
export const phone = { width: 360, height: 740 };

export async function startBrowser(executablePath: string, phoneLike = false): Promise<Browser> {
  const profile = await mkdtemp(join(tmpdir(), "keelson-chromium-"));
  const context: BrowserContext = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    args: flags,
    viewport: phoneLike ? phone : desktop,
    ...(phoneLike ? { isMobile: true, hasTouch: true, deviceScaleFactor: 2 } : {}),
  });
  const said: string[] = [];
  await context.exposeFunction("reportViolation", (what: string) => said.push(`policy: ${what}`));
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sample }) => {
      const report: unknown = Reflect.get(globalThis, "reportViolation");
      if (typeof report === "function") report(`${violatedDirective} ${blockedURI} ${sample}`);
    });
  });
  const page = context.pages()[0] ?? (await context.newPage());
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning")
      said.push(`${message.type()}: ${message.text()} (${message.location().url})`);
  });
  page.on("pageerror", (error) => said.push(`uncaught: ${error.message}`));
  return {
    page,
    complaints: () => said.splice(0),
    async accessibility() {
      // A dialog that is still fading in has a lower contrast.
      await page.waitForFunction(() => document.getAnimations().every((one) => !(one instanceof CSSTransition)));
      await page.evaluate(axeSource);
      // The report of a drill is in a sandboxed frame without scripts, so axe cannot inspect it.
      const found: unknown = await page.evaluate("axe.run(document, { iframes: false })");
      return axeAnswer
        .parse(found)
        .violations.filter(({ impact }) => impact === "serious" || impact === "critical")
        .map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`);
    },
    overflow: () => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth),
    unspanned: (selector) =>
      page
        .locator(selector)
        .first()
        .evaluate((element) => {
          const { scrollHeight, clientWidth } = document.documentElement;
          const free = scrollHeight > window.innerHeight ? clientWidth : window.innerWidth;
          return Math.round(free - element.getBoundingClientRect().width);
        }),
    async close() {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}
