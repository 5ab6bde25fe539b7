import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { afterEach, expect, test } from "vitest";
import { type Cleanups, keelson, program, workDirectory } from "../support/local/keelson.js";

const cleanups: Cleanups = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** An OpenAI API whose answers `reply` writes. */
async function api(reply: (response: ServerResponse) => void): Promise<string> {
  const server = createServer((request, response) => {
    if (request.url === "/v1/models") response.end(JSON.stringify({ data: [{ id: "assistant" }] }));
    else reply(response);
  }).listen(0, "127.0.0.1");
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the server has no port");
  return `http://127.0.0.1:${address.port}`;
}

test("Ctrl-C during an answer stops it with exit code 130, and is no defect", async () => {
  const url = await api((response) =>
    response.write(`data: ${JSON.stringify({ choices: [{ delta: { content: "Once upon" } }] })}\n\n`),
  );
  const child = spawn(process.execPath, [program, "chat", "Write a story", "--url", url, "--key", "k"], {
    cwd: workDirectory(cleanups),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  let err = "";
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString("utf8")));
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString("utf8");
    child.kill("SIGINT");
  });
  const [code] = await once(child, "close");
  expect({ code, out, err }).toEqual({ code: 130, out: "Once upon", err: "\n(stopped)\n" });
});

test.each(["<html>", "{}", '{"data":[{"id":7}]}'])("an answer that is no model list is one error: %s", async (body) => {
  const server = createServer((_request, response) => response.end(body)).listen(0, "127.0.0.1");
  cleanups.push(() => server.close());
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const line = ["chat", "hi", "--url", `http://127.0.0.1:${port}`, "--key", "k"];
  const { code, out, err } = await keelson(workDirectory(cleanups), line);
  expect({ code, out }).toEqual({ code: 1, out: "" });
  expect(err).toMatch(/^error platform\/answer the response of the platform is invalid\n {2}hint: [^\n]*\n$/);
});
