import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const pages = execFileSync("git", ["ls-files", "*.md"], { cwd: root, encoding: "utf8" }).split("\n").filter(Boolean);

it("every relative link of the pages leads to a file, and to a heading if it names one", () => {
  const links = pages.flatMap((page) =>
    [...readFileSync(join(root, page), "utf8").matchAll(/\]\((?!\w+:)([^)\s]+)\)/g)].map(([, link = ""]) => ({
      page,
      link,
    })),
  );
  expect(links.length).toBeGreaterThan(40);
  expect(links.filter(({ page, link }) => !leadsSomewhere(page, link))).toEqual([]);
});

it("no page contains the marks of a merge that was not resolved", () => {
  const marked = pages.filter((page) => /^(<{7}|>{7}) /m.test(readFileSync(join(root, page), "utf8")));
  expect(marked).toEqual([]);
});

function leadsSomewhere(page: string, link: string): boolean {
  const [path = "", heading] = link.split("#");
  const file = path === "" ? join(root, page) : join(root, dirname(page), path);
  if (!existsSync(file)) return false;
  if (heading === undefined || !file.endsWith(".md")) return true;
  return headings(readFileSync(file, "utf8")).has(heading);
}

/** Anchors of headings as GitHub derives them: lower case, spaces as hyphens, other punctuation removed. */
function headings(text: string): ReadonlySet<string> {
  return new Set(
    [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, title = ""]) =>
      title
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, "")
        .trim()
        .replace(/\s/g, "-"),
    ),
  );
}
