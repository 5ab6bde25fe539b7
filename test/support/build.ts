import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Builds `dist/`, which tests use that start the program as processes. */
export default function build(): void {
  execFileSync(process.execPath, [fileURLToPath(new URL("../../scripts/build.js", import.meta.url))], {
    stdio: ["ignore", "inherit", "inherit"],
  });
}
