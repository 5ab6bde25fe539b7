import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Browser, desktop, phone, startBrowser } from "../support/dashboard/browser.js";
import { type RunningPlatform, startPlatform } from "../support/dashboard/running-platform.js";
import { describeWith } from "../support/requirements.js";

/** With KEELSON_SCREENSHOTS=DIR the pages are kept as pictures, for people to look at. */
const pictures = process.env["KEELSON_SCREENSHOTS"];

const pages = [
  { path: "/promises", heading: "Promises", shows: "Process crash" },
  { path: "/topology", heading: "Topology", shows: "gateway" },
  { path: "/models", heading: "Models", shows: "assistant" },
  { path: "/usage", heading: "Usage", shows: "input tokens" },
  { path: "/keys", heading: "Keys", shows: "first key" },
  { path: "/drills", heading: "Drills", shows: "Database loss" },
  { path: "/backups", heading: "Backups", shows: "Newest valid backup" },
] as const;

/**
 * Console messages that a drill does not explain. Failed requests and 503 responses are expected while the fault is active; a 404
 * would be a defect.
 */
function unexpected(complaints: readonly string[]): readonly string[] {
  return complaints.filter(
    (complaint) => !/Failed to load resource|ERR_/.test(complaint) || /status of 4\d\d/.test(complaint),
  );
}

describeWith(["chromium"], "the dashboard in Chromium, against `keelson up`", ({ chromium }) => {
  let platform: RunningPlatform;
  let browser: Browser;

  beforeAll(async () => {
    platform = await startPlatform();
    browser = await startBrowser(chromium);
    // Something to plot: one chat, counted.
    const chat = { model: "assistant", messages: [{ role: "user", content: "Say one word." }], max_tokens: 8 };
    expect((await platform.call("POST", "/v1/chat/completions", chat)).status).toBe(200);
  });

  afterAll(async () => {
    await browser?.close();
    await platform?.stop();
  });

  async function picture(name: string): Promise<void> {
    if (pictures === undefined) return;
    await mkdir(pictures, { recursive: true });
    await browser.page.screenshot({ path: join(pictures, `${name}.png`) });
  }

  it("requires a key for signing in, and reports an invalid one", async () => {
    const { page } = browser;
    await page.goto(`${platform.url}/models`);
    await page.getByRole("heading", { name: "Sign in to Keelson" }).waitFor();
    expect(browser.complaints()).toEqual([]);
    expect(await browser.accessibility()).toEqual([]);

    await page.getByLabel("API key").fill("kls_wrong");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("not an API key").waitFor();
    // The browser itself logs the refusal.
    expect(browser.complaints()).toEqual([expect.stringContaining("401")]);
  });

  it("signs in with a key and shows the requested page", async () => {
    const { page } = browser;
    await page.getByLabel("API key").fill(platform.firstKey);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Models", level: 1 }).waitFor();
    expect(browser.complaints()).toEqual([]);
  });

  it("signs out, and in with a single-use link that is removed from the address bar", async () => {
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

  for (const scheme of ["light", "dark"] as const) {
    for (const [device, size] of [
      ["desktop", desktop],
      ["phone", phone],
    ] as const) {
      it(`shows every page without errors: ${scheme}, ${device}`, async () => {
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
          await picture(`${heading.toLowerCase()}-${device}-${scheme}`);
        }
      });
    }
  }

  it("opens a promise with the keyboard: skip link, row, terms with their lines in the file", async () => {
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

  it("streams a chat in the playground with its speed, and stops it on request", async () => {
    const { page } = browser;
    await page.goto(`${platform.url}/models`);
    const message = page.getByLabel("Message");
    await message.fill("What is a keelson?");
    await page.keyboard.press("Enter");
    const log = page.getByRole("log");
    await log.getByText(/tokens\/s/).waitFor();
    await page.getByRole("button", { name: "Send" }).waitFor();
    expect(await log.getByRole("article", { name: "Model" }).first().innerText()).toMatch(/\d+ tokens\b/);

    await message.fill("Count from one to one thousand, with one number in each line.");
    await page.keyboard.press("Enter");
    // Not `click()`: it waits for a button that does not move, and on a busy machine the answer can end meanwhile.
    await page.getByRole("button", { name: "Stop" }).dispatchEvent("click");
    await log.getByText("stopped").waitFor();
    await page.getByRole("button", { name: "Send" }).waitFor();
    expect(browser.complaints()).toEqual([]);
  });

  it("keeps the conversation and its one key over reloads and pages, embeds texts, and ends both at sign-out", async () => {
    const { page } = browser;
    const log = page.getByRole("log");
    await page.reload();
    await log.getByText("What is a keelson?").waitFor();
    await page.getByRole("link", { name: "Keys" }).click();
    await page.getByRole("rowheader", { name: "playground" }).waitFor();
    await page.getByRole("link", { name: "Models" }).click();
    await log.getByText("What is a keelson?").waitFor();

    await page.getByText(/^Model and settings/).click();
    await page.getByRole("combobox", { name: "Model" }).click();
    await page.getByRole("option", { name: "embedder (embeddings)" }).click();
    for (const text of ["a ship", "a vessel"]) {
      await page.getByLabel("Message").fill(text);
      await page.keyboard.press("Enter");
      await page.getByRole("button", { name: "Send" }).waitFor();
      await log.getByText(text, { exact: true }).waitFor();
    }
    await log.getByText(/^cosine similarity to the text before/).waitFor();
    expect(await browser.accessibility()).toEqual([]);

    const list = async () => (await (await platform.call("GET", "/admin/keys?search=playground")).json()).keys;
    const keys = await list();
    expect(keys).toMatchObject([{ name: "playground", status: "active", endsWithSession: true }]);
    const key = await page.evaluate(() => JSON.parse(sessionStorage.getItem("keelson.playground-key") ?? "null")?.key);
    const asKey = () => fetch(`${platform.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
    expect((await asKey()).status).toBe(200);

    await page.getByRole("button", { name: /^Account/ }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in to Keelson" }).waitFor();
    expect((await asKey()).status).toBe(401);
    expect(
      await page.evaluate(() => Object.keys(sessionStorage).filter((name) => name.startsWith("keelson."))),
    ).toEqual([]);
    await page.getByLabel("API key").fill(platform.firstKey);
    await page.keyboard.press("Enter");
    await page.getByText("Each message is a request to").waitFor();
    expect(browser.complaints()).toEqual([]);
  });

  it("counts these chats on the usage page, plots them, and exports them", async () => {
    const { page } = browser;
    await page.goto(`${platform.url}/usage`);
    const assistant = page.getByRole("row").filter({ has: page.getByRole("rowheader", { name: "assistant" }) });
    await assistant.waitFor({ timeout: 20_000 });
    await page.getByRole("img", { name: /requests per hour/ }).waitFor();
    await page.getByRole("radiogroup", { name: "Figure" }).getByText("Tokens").click();
    await page.getByRole("img", { name: /tokens per hour/ }).waitFor();
    await page.getByRole("radiogroup", { name: "Group by" }).getByText("Key").click();
    await page.getByRole("rowheader", { name: "playground" }).waitFor();
    // The address holds what is shown.
    await page.reload();
    await page.getByRole("rowheader", { name: "playground" }).waitFor();
    await page.getByRole("img", { name: /tokens per hour/ }).waitFor();

    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Export CSV" }).click(),
    ]);
    const chunks: Buffer[] = [];
    for await (const chunk of await download.createReadStream()) chunks.push(Buffer.from(chunk));
    const [header, ...lines] = Buffer.concat(chunks).toString().trim().split(/\r?\n/);
    expect(header).toBe("hour,key,keyName,requests,inputTokens,outputTokens,errors,estimated");
    expect(lines.some((line) => line.includes(",playground,"))).toBe(true);
    expect(browser.complaints()).toEqual([]);
  });

  it("creates a working key, shows it once, and revokes it after confirmation", async () => {
    const { page } = browser;
    await page.goto(`${platform.url}/keys`);
    await page.getByRole("button", { name: "Create key" }).click();
    await page.getByRole("textbox", { name: "Name" }).fill("from-the-browser");
    expect(await browser.accessibility()).toEqual([]);
    await page.getByRole("button", { name: "Create", exact: true }).click();
    const key = await page.getByTestId("new-key").innerText();
    expect(await browser.accessibility()).toEqual([]);
    const asKey = () => fetch(`${platform.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
    expect((await asKey()).status).toBe(200);

    await page.keyboard.press("Escape");
    await page.getByText("The key is not copied yet").waitFor();
    expect(await page.getByRole("button", { name: "Done" }).isDisabled()).toBe(true);
    expect(await browser.accessibility()).toEqual([]);
    await page.getByRole("button", { name: "Copy key" }).click();
    await page.getByRole("button", { name: "Done" }).click();
    const row = page.getByRole("row").filter({ has: page.getByRole("rowheader", { name: "from-the-browser" }) });
    await row.waitFor();
    expect(await page.content()).not.toContain(key);
    await row.getByRole("button", { name: "Revoke from-the-browser" }).click();
    await page.getByRole("button", { name: "Revoke", exact: true }).click();
    await row.waitFor({ state: "detached" });
    expect((await asKey()).status).toBe(401);
    await page.getByText("Revoked", { exact: true }).click();
    await row.getByText("revoked").waitFor();
    await page.reload();
    await row.getByText("revoked").waitFor();
    await page.getByLabel("Search keys").fill("from-the-moon");
    await page.getByText("No key matches").waitFor();
    expect(browser.complaints()).toEqual([]);
  });

  it("takes a backup, verifies it, and names the commands that restore it", { timeout: 240_000 }, async () => {
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
      await picture(`${fault}-running`);

      await page.getByRole("button", { name: "Open report" }).waitFor({ timeout: 180_000 });
      await events.getByText(restored).waitFor();
      expect(await page.locator("dl").first().innerText()).toMatch(/RTO measured\s+[\d.]+\s?(ms|s|m)/);
      expect(await page.getByRole("region", { name: "Recovery steps" }).innerText()).toMatch(/restore.*MiB\/s/s);
      await picture(`${fault}-finished`);
      expect(await browser.accessibility()).toEqual([]);
      expect(unexpected(browser.complaints())).toEqual([]);

      await page.goto(`${platform.url}/drills`);
      const row = page.getByRole("row").filter({ has: page.getByRole("link", { name, exact: true }) });
      expect(await row.first().innerText()).toMatch(/kept|broken/);
    });

  it("keeps its data and reports it while the platform is unreachable", async () => {
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
