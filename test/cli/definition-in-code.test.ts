import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type Cleanups, keelson, type Result, workDirectory } from "../support/local/keelson.js";

const cleanups: Cleanups = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Writes files into a folder of their own, with nothing installed beside them, and runs a command there. */
async function run(files: Readonly<Record<string, string>>, ...args: string[]): Promise<Result> {
  const folder = workDirectory(cleanups);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return keelson(folder, args);
}

const web = `{ image: "registry.example.com/web:1.4.0", port: 8080 }`;

/** The image of the one service in the Plan that a command printed. */
const imageIn = ({ out, err }: Result) => {
  expect(err).toBe("");
  return JSON.parse(out).units[0].image;
};

describe("a platform file in TypeScript", () => {
  it("is read on every supported Node.js version, without installed packages", async () => {
    const planned = await run(
      {
        "platform.ts": `import { definePlatform, type PlatformDefinition } from "keelson";

const services: NonNullable<PlatformDefinition["services"]> = { web: ${web} };
export default definePlatform({ platform: "shop", services, environments: { local: {}, production: { cloud: "aws" } } });
`,
      },
      ...["plan", "platform.ts", "-e", "production", "--json"],
    );
    expect(planned).toMatchObject({ code: 0, err: "" });
    expect(JSON.parse(planned.out)).toMatchObject({ platform: "shop", environment: "production", cloud: "aws" });
  });

  it("imports other files, with TypeScript-only syntax and top-level await", async () => {
    const planned = await run(
      {
        "platform.ts": `import { definePlatform } from "keelson";
import { image } from "./parts/image.ts";
import limits from "./limits.json" with { type: "json" };
import { Port } from "./parts/port";

const replicas = await Promise.resolve(2);
export default definePlatform({
  platform: "shop",
  services: { web: { image: image("web"), port: Port.Http, replicas, memory: limits.memory } },
});
`,
        "parts/image.ts": `import { definePlatform } from "keelson";
export const image = (name: string): string => \`registry.example.com/\${name}:\${typeof definePlatform}\`;
`,
        "parts/port.ts": "export enum Port { Http = 8080 }\n",
        "limits.json": `{ "memory": "256Mi" }`,
      },
      ...["plan", "platform.ts", "--json"],
    );
    expect(imageIn(planned)).toMatchObject({ tag: "function" });
  });

  it.each([
    ["platform.mts", `import { definePlatform } from "keelson";\nexport default definePlatform`],
    ["platform.mjs", `import { definePlatform } from "keelson";\nexport default definePlatform`],
    ["platform.js", `import { definePlatform } from "keelson";\nexport default definePlatform`],
    ["platform.cjs", `const { definePlatform } = require("keelson");\nmodule.exports = definePlatform`],
  ])("may be JavaScript as well: %s", async (name, start) => {
    const text = `${start}({ platform: "shop", services: { web: ${web} } });\n`;
    expect(imageIn(await run({ [name]: text }, "plan", name, "--json"))).toMatchObject({ tag: "1.4.0" });
  });
});

describe("an invalid platform file in TypeScript is reported with its line and without a stack trace:", () => {
  const part = `export interface Shop { name: string }

export function name(shop?: Shop): string {
  if (!shop)   throw new TypeError("which shop?\\nnone was given");
  return shop.name;
}
`;
  const cases: Readonly<Record<string, readonly [text: string, ...expected: string[]]>> = {
    "what does not parse": [
      `import { definePlatform } from "keelson";\n\nexport default definePlatform({\n  platform: = "shop",\n});\n`,
      "platform.ts:4:13 error code/syntax Unexpected token",
      `  4 |   platform: = "shop",\n    |             ^`,
    ],
    "what throws": [
      `const region: string | undefined = undefined;\n\nif (!region) throw new Error("no region");\nexport default 1;\n`,
      "platform.ts:3:20 error code/thrown Error: no region",
      `    |                    ^`,
    ],
    "what throws in another file": [
      `import { definePlatform } from "keelson";\nimport { name } from "./part.ts";\nexport default definePlatform({ platform: name() });\n`,
      "part.ts:4:20 error code/thrown TypeError: which shop? none was given",
      `  4 |   if (!shop)   throw new TypeError(`,
    ],
    "what throws something else than an error": [
      `throw "a text";\n`,
      `platform.ts:1:1 error code/thrown "a text" was thrown`,
    ],
    "what Keelson does not export": [
      `import { definePlatforms } from "keelson";\n\nexport default definePlatforms({});\n`,
      "error code/thrown TypeError: definePlatforms is not a function",
    ],
    "an import of what is not there": [
      `import { definePlatform } from "keelson";\n\nimport { name } from "./nowhere.ts";\nexport default definePlatform({ platform: name });\n`,
      "platform.ts:3:22 error code/import cannot resolve the import `./nowhere.ts`",
      "hint: expected at /",
    ],
    "a package that is not installed": [
      `import { x } from "@shop/settings/x";\nexport default x;\n`,
      "platform.ts:1:19 error code/import cannot resolve the import `@shop/settings/x`",
      "npm install @shop/settings",
    ],
    "a file without a platform": [
      `export const platform = { platform: "shop" };\n`,
      "platform.ts:1:1 error code/no-platform the file does not export a platform",
      "hint: add `export default definePlatform({ … })`",
    ],
    "a value that the schema refuses": [
      `import { definePlatform } from "keelson";\nexport default definePlatform({ platform: "shop", objectives: { rpo: 5 } });\n`,
      "platform.ts at objectives.rpo error spec/unit `rpo`: `5` has no unit",
    ],
  };

  it.each(Object.entries(cases))("%s", async (_, [text, ...expected]) => {
    const refused = await run({ "platform.ts": text, "part.ts": part }, "plan", "platform.ts");
    expect(refused).toMatchObject({ code: 2, out: "" });
    for (const part of expected) expect(refused.err).toContain(part);
    expect(refused.err).not.toMatch(/^\s+at |jiti|Require stack/m);
  });

  it("also as JSON", async () => {
    const refused = await run({ "platform.ts": "export default {{;\n" }, "check", "platform.ts", "--json");
    expect(refused).toMatchObject({ code: 2, err: "" });
    expect(JSON.parse(refused.out)).toMatchObject({
      file: "platform.ts",
      diagnostics: [{ code: "code/syntax", origin: { file: "platform.ts", line: 1, column: 17 } }],
    });
  });
});

describe("a platform file in YAML", () => {
  it("does not load the TypeScript compiler", async () => {
    const { err } = await keelson(workDirectory(cleanups), ["check", "starter"], { env: { NODE_DEBUG: "esm,module" } });
    expect(err).toMatch(/dist\/cli\/load-[\w-]+\.js/);
    expect(err).not.toMatch(/jiti|load-code/);
  });
});
