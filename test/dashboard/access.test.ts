import { afterAll, beforeAll, expect, it } from "vitest";
import { startBrowser } from "../support/dashboard/browser.js";
import { type Dashboard, startDashboard } from "../support/dashboard/dashboard.js";
import { describeWith } from "../support/requirements.js";

describeWith(["chromium"], "users, organisations and the audit log in Chromium", ({ chromium }) => {
  let dashboard: Dashboard;
  /** The link that signs the created user in. */
  let link = "";

  beforeAll(async () => {
    dashboard = await startDashboard(chromium);
  });

  afterAll(() => dashboard?.stop());

  it("creates an organisation, whose id derives from its name", async () => {
    const { browser } = dashboard;
    const { page } = browser;
    await page.getByRole("link", { name: "Organisations" }).click();
    await page.getByRole("rowheader", { name: "Default" }).waitFor();
    await page.getByRole("button", { name: "Create organisation" }).click();
    await page.getByRole("textbox", { name: "Name" }).fill("Ligne Bleue");
    expect(await page.getByRole("textbox", { name: "Id" }).inputValue()).toBe("ligne-bleue");
    expect(await browser.accessibility()).toEqual([]);
    await page.keyboard.press("Enter");
    await page.getByRole("rowheader", { name: "Ligne Bleue" }).waitFor();
    await page.getByLabel("Search organisations").fill("bleue");
    await page.getByText("1 organisation", { exact: true }).waitFor();
    expect(browser.complaints()).toEqual([]);
  });

  it("creates a user of that organisation by keyboard, with a link that signs the user in", async () => {
    const { browser } = dashboard;
    const { page } = browser;
    await page.getByRole("link", { name: "Users of Ligne Bleue" }).click();
    await page.getByText("No user matches").waitFor();
    expect(page.url()).toContain("organisation=ligne-bleue");
    await page.getByRole("button", { name: "Create user" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("textbox", { name: "Name" }).waitFor();
    await page.keyboard.type("Ada");
    await page.getByRole("combobox", { name: "Organisation" }).last().click();
    await page.getByRole("option", { name: /ligne-bleue/ }).click();
    expect(await browser.accessibility()).toEqual([]);
    await page.getByRole("button", { name: "Create", exact: true }).click();
    await page.getByRole("button", { name: "Create link" }).click();
    link = await page.getByTestId("sign-in-link").innerText();
    expect(await browser.accessibility()).toEqual([]);
    await page.getByRole("button", { name: "Done" }).click();
    await page.getByRole("rowheader", { name: "Ada" }).waitFor();

    const theirs = await startBrowser(chromium);
    try {
      await theirs.page.goto(link);
      // A member: the pages of the platform, of users and of the audit log are not theirs.
      await theirs.page.getByRole("heading", { name: "Models", level: 1 }).waitFor();
      const places = theirs.page.getByRole("navigation", { name: "Pages", exact: true }).getByRole("link");
      expect(await places.allInnerTexts()).toEqual(["Models", "Usage", "Keys"]);
      expect(theirs.complaints()).toEqual([]);
    } finally {
      await theirs.close();
    }
    expect(browser.complaints()).toEqual([]);
  });

  it("changes the role of a user, then disables the user, after a confirmation that states the effects", async () => {
    const { browser } = dashboard;
    const { page } = browser;
    const row = page.getByRole("row").filter({ has: page.getByRole("rowheader", { name: "Ada" }) });
    await row.getByRole("button", { name: "Actions for Ada" }).click();
    await page.getByRole("menuitem", { name: "Change role…" }).click();
    await page.getByRole("combobox", { name: "Role" }).last().click();
    await page.getByRole("option", { name: "admin" }).click();
    await page.getByRole("button", { name: "Change role" }).click();
    await row.getByText("admin").waitFor();

    await row.getByRole("button", { name: "Actions for Ada" }).click();
    await page.getByRole("menuitem", { name: "Disable…" }).click();
    await page.getByText("All keys of the user are revoked permanently").waitFor();
    expect(await browser.accessibility()).toEqual([]);
    await page.getByRole("button", { name: "Disable and revoke keys" }).click();
    await row.getByText("disabled").waitFor();
    await page.getByText("Active", { exact: true }).click();
    await page.getByText("No user matches").waitFor();
    // The address holds the filters.
    await page.reload();
    await page.getByText("No user matches").waitFor();
    expect(browser.complaints()).toEqual([]);
  });

  it("lists these acts by the names of actors and subjects, finds them by name, and verifies the hash chain", async () => {
    const { browser } = dashboard;
    const { page } = browser;
    await page.getByRole("link", { name: "Audit log" }).click();
    await page.getByLabel("Search the audit log").fill("ada");
    await page.waitForURL(/search=ada/);
    const acts = page.getByRole("rowheader");
    // Newest first: disabled, new role, signed in by the link, link, created.
    await expect
      .poll(() => acts.allInnerTexts())
      .toEqual(["user.change", "user.change", "session.begin", "sign-in-link.create", "user.create"]);
    expect(await page.getByRole("row").nth(1).innerText()).toMatch(/owner\s+user\s+Ada\s+user\s+ligne-bleue/);
    await page.getByRole("button", { name: "Verify hash chain" }).click();
    await page.getByText(/^Intact: \d+ entries of all organisations and the platform$/).waitFor();
    expect(await browser.accessibility()).toEqual([]);
    expect(browser.complaints()).toEqual([]);
  });

  it("renames an organisation, and deletes it with its users after its id was typed", async () => {
    const { browser } = dashboard;
    const { page } = browser;
    await page.getByRole("link", { name: "Organisations" }).click();
    await page.getByRole("button", { name: "Actions for Ligne Bleue" }).click();
    await page.getByRole("menuitem", { name: "Rename…" }).click();
    await page.getByRole("textbox", { name: "Name" }).fill("Blue Line");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Actions for Blue Line" }).click();
    await page.getByRole("menuitem", { name: "Delete…" }).click();
    const confirm = page.getByRole("button", { name: "Delete organisation" });
    expect(await confirm.isDisabled()).toBe(true);
    await page.getByLabel("Type ligne-bleue to confirm").fill("ligne-bleue");
    expect(await browser.accessibility()).toEqual([]);
    await confirm.click();
    await page.getByRole("rowheader", { name: "Blue Line" }).waitFor({ state: "detached" });
    await page.getByText("Deleted", { exact: true }).click();
    await page.getByRole("rowheader", { name: "Blue Line" }).waitFor();
    expect(browser.complaints()).toEqual([]);
  });
});
