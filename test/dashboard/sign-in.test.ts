import { afterAll, beforeAll, expect, it } from "vitest";
import { type Dashboard, startDashboard } from "../support/dashboard/dashboard.js";
import { describeWith } from "../support/requirements.js";

describeWith(["chromium"], "signing in to the dashboard in Chromium", ({ chromium }) => {
  let dashboard: Dashboard;

  beforeAll(async () => {
    dashboard = await startDashboard(chromium, { signedIn: false });
  });

  afterAll(() => dashboard?.stop());

  it("requires a key for signing in, and reports an invalid one", async () => {
    const { browser, platform } = dashboard;
    const { page } = browser;
    await page.goto(`${platform.url}/models`);
    await page.getByRole("heading", { name: "Sign in to Keelson" }).waitFor();
    expect(browser.complaints()).toEqual([]);
    expect(await browser.accessibility()).toEqual([]);

    await page.getByLabel("API key").fill("kls_wrong");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("This is not an API key. API keys start with kls_.").waitFor();
    // The browser itself logs the refusal.
    expect(browser.complaints()).toEqual([expect.stringContaining("401")]);
  });

  it("signs in with a key and shows the requested page", async () => {
    const { browser, platform } = dashboard;
    const { page } = browser;
    await page.getByLabel("API key").fill(platform.firstKey);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Models", level: 1 }).waitFor();
    expect(browser.complaints()).toEqual([]);
  });

  it("signs out, and in with a single-use link that is removed from the address bar", async () => {
    const { browser, platform } = dashboard;
    const { page } = browser;
    await page.getByRole("button", { name: /^Account/ }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in to Keelson" }).waitFor();

    await page.goto("about:blank");
    await page.goto(platform.signIn);
    await page.getByRole("heading", { name: "Promises", level: 1 }).waitFor();
    expect(page.url()).not.toContain("token");
    expect(browser.complaints()).toEqual([]);

    const again = await fetch(`${platform.url}/admin/session`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token: platform.signIn.split("token=")[1] }),
    });
    expect(again.status).toBe(401);
  });
});
