import { afterAll, beforeAll, expect, it } from "vitest";
import { type Dashboard, startDashboard } from "../support/dashboard/dashboard.js";
import { describeWith } from "../support/requirements.js";

/**
 * Console messages that a drill does not explain. Failed requests and 503 responses are expected while the fault is active; a 404
 * would be a defect.
 */
function unexpected(complaints: readonly string[]): readonly string[] {
  return complaints.filter(
    (complaint) => !/Failed to load resource|ERR_/.test(complaint) || /status of 4\d\d/.test(complaint),
  );
}

describeWith(["chromium"], "backups and drills in Chromium", ({ chromium }) => {
  let dashboard: Dashboard;

  beforeAll(async () => {
    dashboard = await startDashboard(chromium);
  });

  afterAll(() => dashboard?.stop());

  it("takes a backup, verifies it, and names the commands that restore it", { timeout: 240_000 }, async () => {
    const { browser, platform } = dashboard;
    const { page } = browser;
    await page.goto(`${platform.url}/backups`);
    // Enabled once the scheduled first backup has finished.
    await page.getByRole("button", { name: "Back up now" }).click({ timeout: 90_000 });
    await page.getByText("Backup in progress").waitFor();
    const finished = page.getByText(/^Backup \S+ finished after .*: restored and compared, valid\.$/);
    await finished.waitFor({ timeout: 90_000 });
    const id = /^Backup (\S+)/.exec((await finished.textContent()) ?? "")?.[1] ?? "";
    await page.getByRole("rowheader", { name: id }).waitFor();
    await page
      .getByRole("definition")
      .filter({ hasText: /in \d+ minutes|due now/ })
      .waitFor();

    await page.getByRole("button", { name: `Verify ${id}` }).click();
    await page.getByText(new RegExp(`^Verification ${id} finished after`)).waitFor({ timeout: 90_000 });

    await page.getByRole("button", { name: `Restore ${id}` }).click();
    const dialog = page.getByRole("dialog", { name: "Restore a backup" });
    await dialog.getByText("Data loss:").waitFor();
    await dialog.getByText(/^Outage: about .* as the last verification measured/).waitFor();
    await dialog.getByRole("button", { name: `Copy keelson restore ${id}`, exact: true }).waitFor();
    expect(await browser.accessibility()).toEqual([]);
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
    expect(browser.complaints()).toEqual([]);
  });

  it("runs a drill, plots it while it runs, and shows its report without scripts", { timeout: 180_000 }, async () => {
    const { browser, platform } = dashboard;
    const { page } = browser;
    await page.goto(`${platform.url}/drills`);
    await page.getByRole("button", { name: "Run the process-crash drill" }).click();
    expect(await browser.accessibility()).toEqual([]);
    await page.getByRole("button", { name: "Run drill" }).click();
    await page.getByRole("heading", { name: "Process crash drill" }).waitFor();
    await page.getByText(/^live, updated/).waitFor();
    // Nothing is known of what is lost before it was compared, and nothing is live that cannot be read.
    await page.getByText("verified at the end").waitFor({ timeout: 30_000 });
    await page.route("**/admin/drills/*", (route) => route.abort());
    await page.getByText(/^no data since .*retrying$/).waitFor();
    await page.unroute("**/admin/drills/*");
    await page.getByText(/^live, updated/).waitFor();
    await page.getByRole("img", { name: /^Chat requests answered and failed/ }).waitFor({ timeout: 30_000 });
    await page
      .getByRole("list", { name: "Events" })
      .getByText(/kill -9/)
      .first()
      .waitFor({ timeout: 60_000 });

    const report = page.getByRole("button", { name: "Open report" });
    await report.waitFor({ timeout: 120_000 });
    await page.getByRole("region", { name: "By subject" }).waitFor();
    const [opened] = await Promise.all([page.waitForEvent("popup"), report.click()]);
    await opened.getByRole("heading", { level: 1 }).waitFor();
    await opened.close();
    expect(unexpected(browser.complaints())).toEqual([]);
    expect(await browser.accessibility()).toEqual([]);

    await page.goto(`${platform.url}/promises`);
    await page
      .getByText("just now")
      .or(page.getByText(/seconds? ago|minutes? ago/))
      .first()
      .waitFor();
  });

  for (const { fault, name, injected, restored } of [
    {
      fault: "database-loss",
      name: "Database loss",
      injected: /data directory is removed/,
      restored: /restored from backup/,
    },
    {
      fault: "backup-corruption",
      name: "Backup corruption",
      injected: /flipped one bit in it/,
      restored: /restored from the backup before it/,
    },
  ])
    it(`runs the ${fault} drill: the writes that fail are plotted, and the report is read`, {
      timeout: 240_000,
    }, async () => {
      const { browser, platform } = dashboard;
      const { page } = browser;
      await page.goto(`${platform.url}/drills`);
      await page.getByRole("button", { name: `Run the ${fault} drill` }).click();
      const confirm = page.getByRole("button", { name: "Lose data and run drill" });
      await page.getByText(/^Data loss: acknowledged writes to database.*permanently/).waitFor();
      await page.getByLabel("Type starter to confirm").fill("start");
      expect(await confirm.isDisabled()).toBe(true);
      expect(await browser.accessibility()).toEqual([]);
      await page.getByLabel("Type starter to confirm").fill("starter");
      await confirm.click();
      await page.getByRole("heading", { name: `${name} drill` }).waitFor();
      const events = page.getByRole("list", { name: "Events" });
      await events.getByText(injected).first().waitFor({ timeout: 60_000 });
      // The loss is seen where it is: in the writes. At least one second of them failed.
      await page
        .getByRole("img", {
          name: /^Writes to the database committed and failed .*at worst [1-9]\d* failed in a second/,
        })
        .waitFor({ timeout: 60_000 });
      await dashboard.picture(`${fault}-running`);

      await page.getByRole("button", { name: "Open report" }).waitFor({ timeout: 180_000 });
      await events.getByText(restored).waitFor();
      expect(await page.locator("dl").first().innerText()).toMatch(/RTO measured\s+[\d.]+\s?(ms|s|m)/);
      expect(await page.getByRole("region", { name: "Recovery steps" }).innerText()).toMatch(/restore.*MiB\/s/s);
      await dashboard.picture(`${fault}-finished`);
      expect(await browser.accessibility()).toEqual([]);
      expect(unexpected(browser.complaints())).toEqual([]);

      await page.goto(`${platform.url}/drills`);
      const row = page.getByRole("row").filter({ has: page.getByRole("link", { name, exact: true }) });
      expect(await row.first().innerText()).toMatch(/kept|broken/);
    });
});
