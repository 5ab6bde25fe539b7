import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { design, designComparison } from "../../src/contracts/design.js";
import { type Dashboard, startDashboard } from "../support/dashboard/dashboard.js";
import { describeWith } from "../support/requirements.js";

const starter = readFileSync(new URL("../../blueprints/starter/platform.yaml", import.meta.url), "utf8");
/** The starter without backups, which its objectives need. */
const text = starter
  .replace(/database: \{ postgres: 17, backups: .*$/m, "database: { postgres: 17 }")
  .replace("{ size: 512Mi, backups: { full: 30m keep 2d } }", "{ size: 512Mi }");

describeWith(["chromium"], "the design in Chromium", ({ chromium }) => {
  let dashboard: Dashboard;
  let directory: string;

  beforeAll(async () => {
    dashboard = await startDashboard(chromium, { text });
    directory = dirname(dashboard.platform.data);
    const git = (...args: readonly string[]) =>
      execFileSync("git", ["-c", "user.name=Ana", "-c", "user.email=ana@example.com", ...args], { cwd: directory });
    const file = join(directory, "platform.yaml");
    writeFileSync(file, starter);
    git("init", "--quiet", "--initial-branch=main");
    git("add", "platform.yaml");
    git("commit", "--quiet", "--message", "With backups");
    writeFileSync(file, text.replace("rpo: 1m }", "rpo: 2m }"));
  });

  afterAll(() => dashboard?.stop());

  const read = async (path: string) => (await dashboard.platform.call("GET", path)).json();

  it("is served with the text that was started, findings with their fix, and every value of the plan", async () => {
    const served = design.parse(await read("/admin/design"));
    expect(served).toMatchObject({ environment: "local", text });
    const missing = served.findings.find(({ code }) => code === "recovery/no-backup");
    expect(missing?.diff).toMatch(/^-.*database: .*\n\+.*backups: /m);
    expect(served.values).toContainEqual(
      expect.objectContaining({ path: "stores.database.size", value: "512Mi", environment: "local" }),
    );
  });

  it("is compared with the file as it is now, and with a revision, and with no other file", async () => {
    const now = designComparison.parse(await read("/admin/design/changes"));
    expect(now).toMatchObject({ after: expect.stringMatching(/ now$/), summary: expect.stringContaining("relaxed") });
    const { before, changes } = designComparison.parse(await read("/admin/design/changes?against=main"));
    expect(before).toBe("main:platform.yaml");
    expect(changes.map(({ kind }) => kind)).toContain("lost");
    for (const against of ["/etc/passwd", "starter", "--output=x", "nowhere"]) {
      const response = await dashboard.platform.call(
        "GET",
        `/admin/design/changes?against=${encodeURIComponent(against)}`,
      );
      expect([400, 404], against).toContain(response.status);
    }
  });

  it.each([
    ["light", 1440],
    ["dark", 1280],
    ["light", 768],
    ["dark", 360],
  ] as const)("shows the file with its findings, and the changes, in %s at %d px", async (colorScheme, width) => {
    const { browser, platform, picture } = dashboard;
    const { page } = browser;
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 860 });
    await page.goto(`${platform.url}/design`);
    await page.getByRole("heading", { name: "Design", level: 1 }).waitFor();
    await page.getByText("recovery/no-backup").first().waitFor();
    await page
      .getByText(/^Change/)
      .first()
      .press("Enter");
    await page
      .getByText(/^\+.*backups: /)
      .first()
      .waitFor();
    await picture(`design-${colorScheme}-${width}`);
    expect(await browser.accessibility()).toEqual([]);
    expect(await browser.overflow()).toBe(0);
    await page.getByLabel("Search the plan").fill("database.size");
    await page.getByRole("rowheader", { name: "stores.database.size" }).waitFor();
    await page.getByRole("link", { name: "Compare versions" }).press("Enter");
    await page.getByRole("heading", { name: "Changes of promises" }).waitFor();
    await page.getByLabel("Compare with").fill("main");
    await page.getByLabel("Compare with").press("Enter");
    await page.getByText("lost", { exact: true }).first().waitFor();
    await picture(`design-changes-${colorScheme}-${width}`);
    expect(await browser.accessibility()).toEqual([]);
    expect(await browser.overflow()).toBe(0);
    expect(browser.complaints()).toEqual([]);
  });

  it("lists the findings first, the worst first, with links to their lines", async () => {
    const { browser, platform } = dashboard;
    const { page } = browser;
    await page.setViewportSize({ width: 1280, height: 860 });
    await page.goto(`${platform.url}/design`);
    const list = page.getByRole("region", { name: "Findings" });
    const items = list.getByRole("listitem");
    await items.first().waitFor();
    const severities = await items.evaluateAll((all) =>
      all.map((item) => /error|warning|note/.exec(item.textContent ?? "")?.[0] ?? ""),
    );
    const order = ["error", "warning", "note"];
    expect(severities.length).toBeGreaterThan(0);
    expect(severities).toEqual(severities.toSorted((one, other) => order.indexOf(one) - order.indexOf(other)));
    const link = list.getByRole("link").first();
    const line = /line (\d+)/.exec((await link.textContent()) ?? "")?.[1] ?? "";
    await link.press("Enter");
    await page.waitForURL(`**/design?line=${line}`);
    // The keyboard goes on from the line, which is in the window although its findings may be taller.
    const number = page.getByRole("link", { name: `Line ${line}`, exact: true });
    await page.waitForFunction((name) => document.activeElement?.getAttribute("aria-label") === name, `Line ${line}`);
    const box = await number.boundingBox();
    expect(box?.y).toBeGreaterThan(0);
    expect(box?.y).toBeLessThan(860);
    await page.goBack();
    await page.waitForURL("**/design");
    await page.getByLabel("Search the plan").fill("database.size");
    await page.waitForURL("**/design?search=database.size");
    await page.reload();
    await page.getByRole("rowheader", { name: "stores.database.size" }).waitFor();
  });

  it("shows where promises are not kept, and that part of the sheet alone", async () => {
    const { browser, platform } = dashboard;
    const { page } = browser;
    await page.goto(`${platform.url}/promises`);
    const kinds = page.getByRole("group", { name: "Not kept" });
    await kinds.getByRole("button", { name: /^Database loss \d+$/ }).press("Enter");
    await page.waitForURL("**/promises?kind=database-loss");
    await page.reload();
    await page.getByText("The database's storage is lost on every server").waitFor();
    expect(await page.getByText("A process exits or hangs").count()).toBe(0);
    expect(await browser.accessibility()).toEqual([]);
    await kinds.getByRole("button", { name: /^Database loss/ }).press("Enter");
    await page.getByText("A process exits or hangs").waitFor();
  });

  it("is reached from each place of the promise sheet, at its line", async () => {
    const { browser, platform } = dashboard;
    const { page } = browser;
    await page.setViewportSize({ width: 1280, height: 860 });
    await page.goto(`${platform.url}/promises`);
    const place = page.getByRole("link", { name: /platform\.yaml:\d+:\d+$/ }).first();
    const line = /:(\d+):\d+$/.exec((await place.textContent()) ?? "")?.[1] ?? "";
    await place.press("Enter");
    await page.waitForURL(`**/design?line=${line}`);
    const selected = page.locator("[aria-current=true]");
    await selected.waitFor();
    expect(await selected.getByRole("link").first().textContent()).toBe(line);
    await page.goto(`${platform.url}/design/changes?against=nowhere`);
    await page.getByText("The versions could not be compared").waitFor();
  });
});
