import { afterAll, beforeAll, expect, it } from "vitest";
import { desktop, phone } from "../support/dashboard/browser.js";
import { type Dashboard, startDashboard } from "../support/dashboard/dashboard.js";
import { describeWith } from "../support/requirements.js";

const pages = [
  { path: "/promises", heading: "Promises", shows: "Process crash" },
  { path: "/topology", heading: "Topology", shows: "gateway" },
  { path: "/models", heading: "Models", shows: "assistant" },
  { path: "/usage", heading: "Usage", shows: "input tokens" },
  { path: "/keys", heading: "Keys", shows: "first key" },
  { path: "/users", heading: "Users", shows: "runs the platform" },
  { path: "/organisations", heading: "Organisations", shows: "Default" },
  { path: "/audit", heading: "Audit log", shows: "session.begin" },
  { path: "/drills", heading: "Drills", shows: "Database loss" },
  { path: "/backups", heading: "Backups", shows: "Newest valid backup" },
] as const;

describeWith(["chromium"], "the dashboard in Chromium, against `keelson up`", ({ chromium }) => {
  let dashboard: Dashboard;

  beforeAll(async () => {
    dashboard = await startDashboard(chromium);
    // Something to plot: one chat, counted.
    const chat = { model: "assistant", messages: [{ role: "user", content: "Say one word." }], max_tokens: 8 };
    expect((await dashboard.platform.call("POST", "/v1/chat/completions", chat)).status).toBe(200);
  });

  afterAll(() => dashboard?.stop());

  for (const scheme of ["light", "dark"] as const) {
    for (const [device, size] of [
      ["desktop", desktop],
      ["phone", phone],
    ] as const) {
      it(`shows every page without errors: ${scheme}, ${device}`, { timeout: 180_000 }, async () => {
        const { browser, platform } = dashboard;
        const { page } = browser;
        await page.emulateMedia({ colorScheme: scheme });
        await page.setViewportSize(size);
        for (const { path, heading, shows } of pages) {
          await page.goto(`${platform.url}${path}`);
          await page.getByRole("heading", { name: heading, level: 1, exact: true }).waitFor();
          await page.getByText(shows).first().waitFor();
          await page.waitForLoadState("networkidle");
          expect(await page.evaluate(() => document.documentElement.dataset["mantineColorScheme"])).toBe(scheme);
          expect(await browser.overflow(), `${path} is wider than the window`).toBeLessThanOrEqual(0);
          expect(await browser.unspanned("header"), `${path}: the bar ends before the window does`).toBe(0);
          expect(await browser.accessibility(), path).toEqual([]);
          expect(browser.complaints(), path).toEqual([]);
          await dashboard.picture(`${heading.toLowerCase()}-${device}-${scheme}`);
        }
      });
    }
  }

  it("opens a promise with the keyboard: skip link, row, terms with their lines in the file", async () => {
    const { browser, platform } = dashboard;
    const { page } = browser;
    await page.emulateMedia({ colorScheme: "light" });
    await page.setViewportSize(desktop);
    await page.goto(`${platform.url}/promises`);
    await page.getByRole("table").waitFor();

    await page.keyboard.press("Tab");
    const skip = page.getByRole("link", { name: "Skip to content" });
    expect(await skip.evaluate((link) => link === document.activeElement)).toBe(true);
    await page.keyboard.press("Enter");
    // Components for which all figures agree are one row.
    const row = page.getByRole("button", { name: /^\d+ components$/ }).first();
    for (let step = 0; step < 12; step++) {
      if (await row.evaluate((button) => button === document.activeElement)) break;
      await page.keyboard.press("Tab");
    }
    expect(await row.getAttribute("aria-expanded")).toBe("false");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: /^\d+ components$/, expanded: true }).waitFor();
    await page.keyboard.press("Tab");
    const subject = page.getByRole("button", { name: "gateway", exact: true }).first();
    expect(await subject.evaluate((button) => button === document.activeElement)).toBe(true);
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "gateway", exact: true, expanded: true }).waitFor();
    // The address holds what is expanded.
    await page.reload();
    await page.getByRole("button", { name: "gateway", exact: true, expanded: true }).waitFor();
    await page
      .getByText(/platform\.yaml:\d+/)
      .first()
      .waitFor();
    await page.getByRole("link", { name: "Run the process-crash drill" }).waitFor();
    expect(await browser.accessibility()).toEqual([]);
    expect(browser.complaints()).toEqual([]);
  });

  it("shows every row of `GET /admin/promises`", async () => {
    const { browser, platform } = dashboard;
    const { page } = browser;
    const sheet: unknown = await (await platform.call("GET", "/admin/promises")).json();
    expect(sheet).toMatchObject({ platform: "starter", environment: "local" });
    const rows = Reflect.get(Object(sheet), "rows");
    expect(rows.length).toBeGreaterThan(5);
    await page.goto(`${platform.url}/promises`);
    await page.getByRole("table").waitFor();
    const folds = page.getByRole("button", { name: /^\d+ components$/, expanded: false });
    for (const fold of await page.getByRole("button", { name: /^\d+ components$/ }).all()) await fold.click();
    await folds.first().waitFor({ state: "detached" });
    for (const { subject } of rows) await page.getByRole("button", { name: subject, exact: true }).first().waitFor();
  });

  it("shows the live topology: every unit and store is ready", async () => {
    const { browser, platform } = dashboard;
    const { page } = browser;
    await page.goto(`${platform.url}/topology`);
    for (const element of ["gateway", "accounts", "usage", "dashboard", "assistant", "database"]) {
      const node = page.locator(".react-flow__node").filter({ hasText: element }).first();
      await node.waitFor();
      expect(await node.innerText()).toContain("ready");
    }
    expect(await page.locator(".react-flow__edge").count()).toBeGreaterThan(8);
    const row = page.getByRole("row").filter({ has: page.getByRole("button", { name: /^database/ }) });
    expect(await row.innerText()).toContain("1/1");
  });

  it("fits the map into the window again when the window becomes narrower", async () => {
    const { browser, platform } = dashboard;
    const { page } = browser;
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.goto(`${platform.url}/topology`);
    await page.locator(".react-flow__node").first().waitFor();
    await page.setViewportSize({ width: 1024, height: 900 });
    await expect
      .poll(() =>
        page.evaluate(() => {
          const right = (selector: string) =>
            [...document.querySelectorAll(selector)].map((each) => each.getBoundingClientRect().right);
          return Math.max(...right(".react-flow__node")) < Math.max(...right(".react-flow"));
        }),
      )
      .toBe(true);
    await page.setViewportSize(desktop);
  });

  it("does not send an unchanged topology again", async () => {
    const { platform } = dashboard;
    const read = (headers: Record<string, string>) =>
      fetch(`${platform.url}/admin/topology`, {
        headers: { authorization: `Bearer ${platform.firstKey}`, ...headers },
      });
    // Rates of the last seconds change until the platform is idle.
    await expect
      .poll(async () => {
        const tag = (await read({})).headers.get("etag") ?? "";
        const again = await read({ "if-none-match": tag });
        return [again.status, await again.text()];
      })
      .toEqual([304, ""]);
    const changed = await read({ "if-none-match": '"another"' });
    expect([changed.status, changed.headers.get("cache-control")]).toEqual([200, "private, no-cache"]);
  });

  it("keeps its data and reports it while the platform is unreachable", async () => {
    const { browser, platform } = dashboard;
    const { page } = browser;
    await page.goto(`${platform.url}/topology`);
    await page.getByText("live, updated").waitFor();
    await page.route("**/admin/topology", (route) => route.abort());
    await page.getByText("no data since").waitFor({ timeout: 30_000 });
    expect(await page.locator(".react-flow__node").count()).toBeGreaterThan(5);
    await page.unroute("**/admin/topology");
    await page.getByText("live, updated").waitFor({ timeout: 30_000 });
    browser.complaints();
  });
});
