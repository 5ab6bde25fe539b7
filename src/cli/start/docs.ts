import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readdirIfPresent } from "../../disk/read.js";
import { ERROR_CODES, errorEntry, isErrorCode } from "../../errors/catalogue.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { suggest } from "../../platform-file/suggest.js";
import { PACKAGE } from "../installation.js";
import { coloursFor } from "../terminal/colours.js";
import { print, printJson } from "../terminal/output.js";
import { table } from "../terminal/table.js";

export interface DocsOptions {
  readonly json?: boolean;
}

const FOLDER = join(PACKAGE, "docs");

const paint = coloursFor(process.stdout, process.env);

/** `keelson docs`: lists the pages, prints one, or explains an error code such as `port/in-use`. */
export async function docs(topic: string | undefined, options: DocsOptions): Promise<void> {
  if (topic === undefined) return list(options);
  if (isErrorCode(topic)) {
    const { summary, hint, exitCode } = errorEntry(topic);
    if (options.json) printJson({ code: topic, summary, hint, exitCode });
    else
      print(
        `${paint.bold(topic)}  ${summary}\n${hint === undefined ? "" : `  hint: ${hint}\n`}  exit code: ${exitCode}\n`,
      );
    return;
  }
  const names = await pages();
  if (!names.includes(topic)) throw unknownPage(topic, names);
  const text = await readFile(join(FOLDER, `${topic}.md`), "utf8");
  if (options.json) printJson({ page: topic, text });
  else print(text);
}

async function list(options: DocsOptions): Promise<void> {
  const found = await Promise.all(
    (await pages()).map(async (page) => ({ page, title: titleOf(await readFile(join(FOLDER, `${page}.md`), "utf8")) })),
  );
  if (options.json) return printJson({ folder: FOLDER, pages: found });
  print(table(found.map(({ page, title }) => [paint.bold(page), title])));
  print(`\nkeelson docs PAGE prints a page, keelson docs CODE explains an error. The pages are in ${FOLDER}\n`);
}

async function pages(): Promise<readonly string[]> {
  const entries = (await readdirIfPresent(FOLDER)) ?? [];
  return entries
    .map(({ name }) => name)
    .filter((name) => name.endsWith(".md"))
    .map((name) => name.slice(0, -".md".length))
    .sort();
}

/** The first heading of a page. */
function titleOf(text: string): string {
  return (/^# (.+)$/m.exec(text)?.[1] ?? "").replaceAll("`", "");
}

function unknownPage(topic: string, names: readonly string[]): KeelsonError {
  const near = suggest(topic, topic.includes("/") ? ERROR_CODES : names);
  return new KeelsonError("docs/unknown", `there is no page ${topic}`, {
    hint: `${near === undefined ? "" : `did you mean ${near}? `}pages: ${names.join(", ")}`,
  });
}
