import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { keelson } from "../support/local/keelson.js";

let directory = "";

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "keelson-suggest-"));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

const platform = (rpo: string) => `platform: shop
stores:
  orders: { postgres: 17, size: 10G, backups: { full: daily keep 30d, log: 5m keep 7d } }
observe: { metrics: prometheus, routes: { critical: pagerduty } }
objectives: { rpo: ${rpo} }
`;

async function suggest(rpo: string, ...options: readonly string[]) {
  await writeFile(join(directory, "platform.yaml"), platform(rpo));
  return keelson(directory, ["suggest", ...options]);
}

describe("keelson suggest", () => {
  it("exits with 0 if every promise is kept", async () => {
    expect(await suggest("1h")).toEqual({ code: 0, out: "every promise of shop is kept\n", err: "" });
  });

  it("prints each way with its cost and its edits, exits with 1, and leaves the file as it is", async () => {
    const { code, out } = await suggest("1m");
    expect(code).toBe(1);
    expect(out).toMatch(/2 ways to keep every promise:/);
    expect(out).toMatch(/design {3}back up more often[\s\S]*stores.orders.backups.log: /);
    expect(out).toContain("stores.orders.objectives.rpo.database-loss: 5m1s");
    expect(await readFile(join(directory, "platform.yaml"), "utf8")).toBe(platform("1m"));
  });

  it("prints edited files as JSON that keep every promise", async () => {
    const { suggestions } = JSON.parse((await suggest("1m", "--json")).out);
    expect(suggestions.length).toBe(2);
    for (const { text } of suggestions) {
      await writeFile(join(directory, "platform.yaml"), text);
      expect((await keelson(directory, ["promises"])).code).toBe(0);
    }
  });

  it("says what each way lowers, the least first, and keeps one environment if it is named", async () => {
    expect((await suggest("1m")).out).toMatch(
      /1\. needs nothing more, lowers no promise\n[\s\S]*2\. .*, relaxes \d+ promises?\n/,
    );
    await writeFile(
      join(directory, "platform.yaml"),
      `${platform("1m")}environments: { one: {}, two: { objectives: { rpo: 1h } } }\n`,
    );
    const { code, out } = await keelson(directory, ["suggest", "-e", "two"]);
    expect({ code, out }).toEqual({ code: 0, out: "every promise of shop in two is kept\n" });
    expect((await keelson(directory, ["suggest", "-e", "one"])).out).toContain("of shop in one");
    expect(await keelson(directory, ["suggest", "-e", "three"])).toMatchObject({
      code: 2,
      err: expect.stringContaining("there is no environment `three`"),
    });
  });

  it("reports a platform in code, and an invalid file", async () => {
    await writeFile(join(directory, "platform.js"), "export default { platform: 'shop' };\n");
    expect(await keelson(directory, ["suggest", "platform.js"])).toMatchObject({ code: expect.any(Number), out: "" });
    await writeFile(join(directory, "platform.yaml"), "platform: shop\nservicez: {}\n");
    expect(await keelson(directory, ["suggest"])).toMatchObject({
      code: 2,
      err: expect.stringContaining("platform.yaml:2:1"),
    });
  });
});
