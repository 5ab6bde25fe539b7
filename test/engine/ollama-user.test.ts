import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { describe, expect, it } from "vitest";
import { usersListeningOn } from "../../src/disk/port-user.js";
import { detectOllama } from "../../src/runtime/engine/engines/ollama.js";

const OTHER_UID = 65_534;
const program = `require("node:http").createServer((request, response) => response.end('{"models":[{"name":"llama3:latest"}]}'))
  .listen(0, "127.0.0.1", function () { console.log(this.address().port); })`;

describe.skipIf(process.platform !== "linux")("a server at the address of Ollama", () => {
  it("is used if it is a process of this user", async () => {
    const server = createServer((_request, response) => response.end('{"models":[{"name":"llama3:latest"}]}'));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    expect(await usersListeningOn(port)).toEqual([process.getuid?.()]);
    const url = `http://127.0.0.1:${port}`;
    expect(await detectOllama(url)).toEqual({ kind: "running", url, models: ["llama3:latest"] });
    await new Promise((resolve) => server.close(resolve));
    expect(await detectOllama(url)).toEqual({ kind: "missing", why: `no Ollama is running at ${url}` });
  });

  it.skipIf(process.getuid?.() !== 0)("is not used if it is a process of another user", async () => {
    const other = spawn(process.execPath, ["-e", program], {
      uid: OTHER_UID,
      gid: OTHER_UID,
      cwd: "/",
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = await once(other.stdout, "data");
    const url = `http://127.0.0.1:${Number(String(line))}`;
    expect(await detectOllama(url)).toMatchObject({
      kind: "foreign",
      why: expect.stringContaining(`user ${OTHER_UID}`),
    });
    other.kill();
    await once(other, "exit");
  });
});
