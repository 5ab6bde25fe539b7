import { afterAll, beforeAll, expect, it } from "vitest";
import { type Dashboard, startDashboard } from "../support/dashboard/dashboard.js";
import { describeWith } from "../support/requirements.js";

describeWith(["chromium"], "playground, usage and keys in Chromium", ({ chromium }) => {
  let dashboard: Dashboard;

  beforeAll(async () => {
    dashboard = await startDashboard(chromium);
  });

  afterAll(() => dashboard?.stop());

  it("streams a chat in the playground with its speed, and stops it on request", async () => {
    const { browser, platform } = dashboard;
    const { page } = browser;
    await page.goto(`${platform.url}/models`);
    const message = page.getByLabel("Message");
    await message.fill("What is a keelson?");
    await page.keyboard.press("Enter");
    const log = page.getByRole("log");
    await log.getByText(/tokens\/s/).waitFor();
    await page.getByRole("button", { name: "Send" }).waitFor();
    expect(await log.getByRole("article", { name: "Model" }).first().innerText()).toMatch(/\d+ tokens\b/);

    // From within the page, as soon as the button appears: on a busy machine the answer could end before a click from outside.
    await page.evaluate(() => {
      const stopped = new MutationObserver(() => {
        const button = [...document.querySelectorAll("button")].find((each) => each.ariaLabel === "Stop");
        if (!button) return;
        stopped.disconnect();
        button.click();
      });
      stopped.observe(document.body, { subtree: true, childList: true, attributes: true });
    });
    await message.fill("Count from one to one thousand, with one number in each line.");
    await page.keyboard.press("Enter");
    await log.getByText("stopped").waitFor();
    await page.getByRole("button", { name: "Send" }).waitFor();
    expect(browser.complaints()).toEqual([]);
  });

  it("keeps the conversation and its one key over reloads and pages, embeds texts, and ends both at sign-out", async () => {
    const { browser, platform } = dashboard;
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
    const { browser, platform } = dashboard;
    const { page } = browser;
    await page.goto(`${platform.url}/usage`);
    const assistant = page.getByRole("row").filter({ has: page.getByRole("rowheader", { name: "assistant" }) });
    await assistant.waitFor({ timeout: 20_000 });
    await page.getByRole("img", { name: /requests per minute/ }).waitFor();
    await page.getByRole("radiogroup", { name: "Figure" }).getByText("Tokens").click();
    await page.getByRole("img", { name: /tokens per minute/ }).waitFor();
    await page.getByRole("radiogroup", { name: "Group by" }).getByText("Key").click();
    await page.getByRole("rowheader", { name: "playground" }).waitFor();
    // Latency and error rate, over time and in total.
    await page.getByRole("img", { name: /^Latency percentiles per minute/ }).waitFor();
    await page.getByRole("img", { name: /^Share of requests with status 400 or above per minute/ }).waitFor();
    await page.getByRole("columnheader", { name: "p95" }).waitFor();
    const playground = page.getByRole("row").filter({ has: page.getByRole("rowheader", { name: "playground" }) });
    expect(await playground.getByRole("cell").last().innerText()).toMatch(/^[\d.]+(ms|s)$/);
    // The address holds what is shown.
    await page.reload();
    await page.getByRole("rowheader", { name: "playground" }).waitFor();
    await page.getByRole("img", { name: /tokens per minute/ }).waitFor();

    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Export CSV" }).click(),
    ]);
    const chunks: Buffer[] = [];
    for await (const chunk of await download.createReadStream()) chunks.push(Buffer.from(chunk));
    const [header, ...lines] = Buffer.concat(chunks).toString().trim().split(/\r?\n/);
    expect(header).toBe("minute,key,keyName,requests,inputTokens,outputTokens,errors,estimated");
    expect(lines.some((line) => line.includes(",playground,"))).toBe(true);
    // A range without requests offers the next longer one.
    await page.goto(`${platform.url}/usage?from=2020-01-01T00:00:00Z&to=2020-01-01T01:00:00Z`);
    await page.getByText("No requests in this period").waitFor();
    await page.getByRole("radiogroup", { name: "Range" }).getByText("15m").click();
    await page.getByRole("rowheader", { name: "assistant" }).waitFor();
    expect(page.url()).toContain("range=15m");
    expect(browser.complaints()).toEqual([]);
  });

  it("creates a working key, shows it once, and revokes it after confirmation", async () => {
    const { browser, platform } = dashboard;
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
    await row.waitFor();
    await page.reload();
    await row.waitFor();
    // In a list of every status, each row states its own.
    await page.getByRole("radiogroup", { name: "Status" }).getByText("All", { exact: true }).click();
    await row.getByText("revoked").waitFor();
    await page.getByLabel("Search keys").fill("from-the-moon");
    await page.getByText("No key matches").waitFor();
    expect(browser.complaints()).toEqual([]);
  });
});
