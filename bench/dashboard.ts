import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium, type Page } from "playwright-core";
import { runnerImport } from "vite";
import { median } from "./processes.js";
import type { Figure } from "./report.js";

/** What `test/support/dashboard/large-platform.ts` exports: the built application with the data of a large platform. */
interface LargePlatformModule {
  serveLargePlatform(): Promise<{ readonly url: string; close(): Promise<void> }>;
}

const LARGE_PLATFORM = fileURLToPath(new URL("../../test/support/dashboard/large-platform.ts", import.meta.url));
const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const ROUNDS = 3;
/** A page is complete when it shows this text. */
const pages: readonly { readonly path: string; readonly shows: string }[] = [
  { path: "/promises", shows: "Process crash" },
  { path: "/topology", shows: "of 501 components" },
  { path: "/usage?by=key&range=90d", shows: "Totals by key" },
  { path: "/keys", shows: "of 2,000 keys" },
  { path: "/drills", shows: "of 500 drills" },
];
const MAX_SHOWN_MS = 1_000;
const MAX_LONG_TASK_MS = 200;
/** Data that is read again within this time also causes tasks. */
const SETTLE_MS = 2_500;

/** Runs in the page, whose types this program does not have. */
const RECORD_LONG_TASKS = `
  globalThis.longTasks = [];
  new PerformanceObserver((list) => longTasks.push(...list.getEntries().map(({ duration }) => duration)))
    .observe({ type: "longtask", buffered: true });
`;

/** Until a page of a large platform is shown, and the longest task that blocks it. */
export async function dashboard(): Promise<Figure[]> {
  const { module } = await runnerImport<LargePlatformModule>(LARGE_PLATFORM);
  const platform = await module.serveLargePlatform();
  const profile = await mkdtemp(join(tmpdir(), "keelson-bench-dashboard-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: CHROMIUM,
    headless: true,
    args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"],
    viewport: { width: 1280, height: 860 },
  });
  try {
    await context.addCookies([{ name: "keelson_session", value: "bench", url: platform.url }]);
    const page = context.pages()[0] ?? (await context.newPage());
    await page.addInitScript(RECORD_LONG_TASKS);
    const figures: Figure[] = [];
    for (const { path, shows } of pages) {
      const rounds = [];
      for (let round = 0; round < ROUNDS; round++) rounds.push(await measure(page, `${platform.url}${path}`, shows));
      figures.push(
        limit(`${path}: shown`, median(rounds.map(({ shownMs }) => shownMs)), MAX_SHOWN_MS),
        limit(`${path}: longest task`, median(rounds.map(({ longestMs }) => longestMs)), MAX_LONG_TASK_MS),
      );
    }
    return figures;
  } finally {
    await context.close();
    await platform.close();
    await rm(profile, { recursive: true, force: true });
  }
}

async function measure(page: Page, url: string, shows: string) {
  const started = performance.now();
  await page.goto(url);
  await page.getByText(shows).first().waitFor();
  const shownMs = performance.now() - started;
  await page.waitForTimeout(SETTLE_MS);
  const tasks: unknown = await page.evaluate("longTasks");
  return { shownMs, longestMs: Array.isArray(tasks) ? Math.max(0, ...tasks.map(Number)) : Number.NaN };
}

const limit = (what: string, ms: number, target: number): Figure => ({
  what,
  measured: `${ms.toFixed(0)} ms`,
  against: "limit, 500 components, 2,000 keys, 500 drills",
  target: `< ${target} ms`,
  met: ms < target,
});
