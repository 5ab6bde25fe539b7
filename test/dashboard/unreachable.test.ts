import { afterAll, beforeAll, expect, it } from "vitest";
import { type Browser, startBrowser } from "../support/dashboard/browser.js";
import { type RunningPlatform, startPlatform } from "../support/dashboard/running-platform.js";
import { describeWith } from "../support/requirements.js";

/** A platform that keeps little of what it promises, for nothing of it is backed up and not all of it is run here. */
const harbour = `
platform: harbour
services:
  gateway: { modules: [gateway], calls: [accounts, usage, assistant], expose: true }
  accounts: { modules: [accounts], calls: [database, sessions] }
  usage: { modules: [usage], calls: [accounts, database] }
  dashboard: { modules: [dashboard], calls: [gateway, accounts, usage], expose: true }
models:
  assistant: { engine: simulated }
stores:
  database: { postgres: 17, size: 512Mi }
  sessions: { redis: 7 }
objectives: { rto: 5s, rpo: 1m, availability: 99.9% }
environments:
  local: { provide: embedded }
`;

/** Apart from the browser's own words for an answer that did not come. */
function ownComplaints(browser: Browser): readonly string[] {
  const absence = /Failed to load resource|ERR_|Couldn't load preload assets/;
  return browser.complaints().filter((complaint) => !absence.test(complaint));
}

describeWith(["chromium"], "an open page", ({ chromium }) => {
  let platform: RunningPlatform;
  let browser: Browser;

  beforeAll(async () => {
    platform = await startPlatform(harbour);
    browser = await startBrowser(chromium);
    await browser.page.goto(platform.signIn);
    await browser.page.getByRole("heading", { name: "Promises", level: 1 }).waitFor();
  });

  afterAll(async () => {
    await browser?.close();
    await platform?.stop();
  });

  it("shows the reason, the fix and its position under each promise that is not kept", async () => {
    const { page } = browser;
    const broken = page.getByRole("list", { name: "Why gateway is broken" });
    expect(await broken.innerText()).toMatch(/RTO 25s worst case, 5s promised: liveness probe/);
    expect(await broken.innerText()).toMatch(
      /Fix .*promise at least 25s.*platform\.yaml:4:3 availability\/crash-recovery/s,
    );
    const unknown = page.getByRole("list", { name: "Why sessions is unknown" }).first();
    expect(await unknown.innerText()).toMatch(
      /RTO and RPO unknown: not run here.*Fix set no objectives.*platform\.yaml:12:3/s,
    );
    expect(await page.getByRole("region", { name: "Availability" }).innerText()).toMatch(/Fix declare the cloud, o/);
    expect(await browser.accessibility()).toEqual([]);
    expect(browser.complaints()).toEqual([]);
  });

  it("reports an unreachable platform, keeps its data, and recovers", async () => {
    const { page } = browser;
    // A page that sends no requests of its own.
    await page.goto(`${platform.url}/keys`);
    await page.getByRole("rowheader", { name: "first key" }).waitFor();
    await platform.away();
    const notice = page.getByRole("status").filter({ hasText: "Platform unreachable." });
    await notice.waitFor({ timeout: 30_000 });
    expect(await notice.innerText()).toMatch(/Showing data from \d\d:\d\d:\d\d/);
    expect(await page.getByRole("rowheader", { name: "first key" }).isVisible()).toBe(true);
    expect(await browser.accessibility()).toEqual([]);
    await platform.back();
    await notice.waitFor({ state: "hidden", timeout: 30_000 });
    await page.getByRole("rowheader", { name: "first key" }).waitFor();
    expect(ownComplaints(browser)).toEqual([]);
  });

  it("loads a page that was opened while the platform was unreachable", async () => {
    const { page } = browser;
    await page.goto(`${platform.url}/promises`);
    await page.getByRole("heading", { name: "Promises", level: 1 }).waitFor();
    await platform.away();
    await page.getByRole("link", { name: "Usage" }).click();
    await page.getByRole("heading", { name: "Usage", level: 1 }).waitFor();
    await page.getByText("The page could not be loaded").waitFor({ timeout: 30_000 });
    expect(await browser.accessibility()).toEqual([]);
    await platform.back();
    await page.getByText("No requests in this period").waitFor({ timeout: 30_000 });
    expect(ownComplaints(browser)).toEqual([]);
  });

  it("works without a network: the platform is on the same machine", async () => {
    const { page } = browser;
    await page.goto(`${platform.url}/topology`);
    const live = page.getByText(/^live, updated/);
    await live.waitFor();
    await page.evaluate(() => window.dispatchEvent(new Event("offline")));
    const before = await live.innerText();
    await page.waitForFunction(
      (shown) =>
        [...document.querySelectorAll("span")].some(
          ({ innerText }) => innerText !== shown && /^live, updated/.test(innerText),
        ),
      before,
      { timeout: 20_000 },
    );
    await page.evaluate(() => window.dispatchEvent(new Event("online")));
    expect(browser.complaints()).toEqual([]);
  });

  it("reports an expired session, and returns to the page after signing in", async () => {
    const { page } = browser;
    await page.goto(`${platform.url}/usage`);
    await page.getByRole("heading", { name: "Usage", level: 1 }).waitFor();
    await page.context().clearCookies();
    await page.getByText("Your session expired.").waitFor({ timeout: 30_000 });
    expect(await browser.accessibility()).toEqual([]);
    await page.getByLabel("API key").fill(platform.firstKey);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Usage", level: 1 }).waitFor();
    expect(await page.getByText("Your session expired.").count()).toBe(0);
  });
});
