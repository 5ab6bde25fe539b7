import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { curlCommand } from "../../dashboard/src/pages/models/curl.js";

it("a copied command sends the same body, whatever the message contains", () => {
  const body = { messages: [{ role: "user", content: 'it\'s $HOME `id` "quoted" \\ and\na line' }] };
  const command = curlCommand("http://127.0.0.1:8800", "/v1/chat/completions", body);
  // The shell prints the arguments instead of sending them.
  const printed = execFileSync("sh", ["-c", `curl() { printf '%s\\n---\\n' "$@"; }; ${command}`], {
    env: { KEELSON_API_KEY: "kls_1" },
    encoding: "utf8",
  });
  const args = printed.split("\n---\n");
  expect(args).toContain("http://127.0.0.1:8800/v1/chat/completions");
  expect(args).toContain("Authorization: Bearer kls_1");
  expect(JSON.parse(args[args.indexOf("-d") + 1] ?? "")).toEqual(body);
});
