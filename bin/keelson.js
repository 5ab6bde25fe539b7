#!/usr/bin/env node
import { existsSync } from "node:fs";

const main = new URL("../dist/cli/main.js", import.meta.url);
if (!existsSync(main)) {
  process.stderr.write(
    "error build/missing keelson is not built yet\n  hint: run `npm run build` once, or start with `npm start`\n",
  );
  process.exit(1);
}
await import(main.href);
