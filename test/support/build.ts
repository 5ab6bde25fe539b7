import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Tests that start the product as processes use `dist/`; this makes it what `src/` says. */
export default function build(): void {
  execFileSync(process.execPath, [fileURLToPath(new URL("../../scripts/build.js", import.meta.url))], {
    stdio: ["ignore", "inherit", "inherit"],
  });
}
