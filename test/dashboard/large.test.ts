import { afterAll, beforeAll, expect, it } from "vitest";
import { SESSION_COOKIE } from "../../src/runtime/admin/index.js";
import { type Browser, startBrowser } from "../support/dashboard/browser.js";
import { type LargePlatform, serveLargePlatform } from "../support/dashboard/large-platform.js";
import { describeWith } from "../support/requirements.js";

/** Where layouts change, and windows between them. */
const WIDTHS = [360, 390, 430, 480, 560, 600, 640, 700, 768, 820, 900, 960, 1024, 1040, 1100, 1180, 1280, 1440];

const pages = [
  { path: "/promises?open=process-crash/service-1", shows: "Process crash" },
  { path: "/design?line=300", shows: "201–400 of" },
  { path: "/topology", shows: "1–50 of 501 components" },
  { path: "/models", shows: "model-39" },
  { path: "/usage?by=key&range=90d", shows: "1,900 others" },
  { path: "/usage?range=24h&by=organisation", shows: "Latency of whole answers" },
  { path: "/usage?range=7d", shows: "Share of requests" },
  { path: "/keys", shows: "1–50 of 2,000 keys" },
  { path: "/users", shows: "1–50 of 2,000 users" },
  { path: "/organisations", shows: "1–50 of 500 organisations" },
  { path: "/audit", shows: "entries 1–50" },
  { path: "/drills", shows: "1–25 of 500 drills" },
  { path: "/drills/drill-0", shows: "Recovery steps" },
  { path: "/backups", shows: "1–25 of 200 backups" },
] as const;

/** Pages are built from what they show; a list of hundreds of rows would make them slow on every change. */
const MAX_ELEMENTS = 6_000;

describeWith(
  ["chromium"],
  "with 500 components, 2,000 keys, 500 drills and long names, the dashboard",
  ({ chromium }) => {
    let platform: LargePlatform;
    let browser: Browser;

    beforeAll(async () => {
      platform = await serveLargePlatform();
      browser = await startBrowser(chromium);
      await browser.page.context().addCookies([{ name: SESSION_COOKIE, value: "kse_1", url: platform.url }]);
      // The second half of the session; see dashboard/src/api/proof.ts.
      await browser.page.addInitScript(() => localStorage.setItem("keelson-session", "1"));
    });

    afterAll(async () => {
      await browser?.close();
      await platform?.close();
    });

    it.each(pages)(
      "shows $path within the window at every width, with a bounded number of elements",
      async ({ path, shows }) => {
        const { page } = browser;
        await page.setViewportSize({ width: 1280, height: 860 });
        await page.goto(`${platform.url}${path}`);
        await page.getByText(shows).first().waitFor();
        await page.waitForLoadState("networkidle");
        expect(await page.locator("*").count()).toBeLessThan(MAX_ELEMENTS);
        const tooWide: string[] = [];
        for (const width of WIDTHS) {
          await page.setViewportSize({ width, height: 860 });
          // Two frames: the observers of the tables run after the first layout.
          await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
          const cut = await page.evaluate(() => {
            const clips = (element: Element) =>
              ["auto", "scroll"].includes(getComputedStyle(element).overflowX) &&
              element.scrollWidth > element.clientWidth + 1 &&
              element.tagName !== "TEXTAREA";
            return [...document.querySelectorAll("body *")].filter(clips).map((element) => element.className);
          });
          if ((await browser.overflow()) > 0) tooWide.push(`${width}: the page`);
          if (cut.length > 0) tooWide.push(`${width}: ${cut.join(", ")}`);
        }
        expect(tooWide).toEqual([]);
        expect(browser.complaints()).toEqual([]);
      },
    );

    it("finds a key by its name and keeps search, order and page in the address", async () => {
      const { page } = browser;
      await page.setViewportSize({ width: 1280, height: 860 });
      await page.goto(`${platform.url}/keys`);
      await page.getByRole("button", { name: "Next" }).click();
      await page.getByText("51–100 of 2,000 keys").waitFor();
      await page.reload();
      await page.getByText("51–100 of 2,000 keys").waitFor();
      await page.getByRole("button", { name: "Previous" }).click();
      await page.getByText("1–50 of 2,000 keys").waitFor();
      await page.getByLabel("Search keys").fill("key 7");
      await page.waitForURL(/search=key\+7/);
      expect(await browser.accessibility()).toEqual([]);
    });

    it("maps one component with its neighbours, selected by keyboard, and lists the others in pages", async () => {
      const { page } = browser;
      await page.goto(`${platform.url}/topology`);
      await page.getByText(/^501 components are too many for one map/).waitFor();
      const node = page.locator(".react-flow__node").first();
      await node.focus();
      await page.keyboard.press("Enter");
      await page.waitForURL(/component=/);
      await page.getByRole("link", { name: /^Promises of / }).waitFor();
      await page.getByLabel("Search components").fill("service-499");
      await page.getByText("1 component", { exact: true }).waitFor();
      expect(await browser.accessibility()).toEqual([]);
    });

    it("opens any page from the keyboard, and shows every page on a phone", async () => {
      const { page } = browser;
      await page.keyboard.press("Control+k");
      await page.getByRole("combobox", { name: "Page" }).fill("verif");
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { name: "Backups", level: 1 }).waitFor();
      await page.setViewportSize({ width: 360, height: 740 });
      await page.getByRole("button", { name: "More" }).click();
      await page.getByRole("navigation", { name: "All pages" }).getByRole("link", { name: "Keys" }).waitFor();
      expect(await browser.accessibility()).toEqual([]);
      await page.getByRole("navigation", { name: "All pages" }).getByRole("link", { name: "Keys" }).click();
      await page.getByRole("heading", { name: "Keys", level: 1 }).waitFor();
      expect(await page.title()).toBe("Keys · large · Keelson");
    });
  },
);
