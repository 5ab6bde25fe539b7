import { networkInterfaces } from "node:os";
import { describe, expect, it } from "vitest";
import { networkUrls } from "../../src/local/network-urls.js";

describe("the addresses at which other machines reach a platform", () => {
  it.each(["127.0.0.1", "127.0.0.2", "localhost", "::1"])("are none if it listens on %s", (host) => {
    expect(networkUrls(host, "8080")).toEqual([]);
  });

  it("is the one that it listens on", () => {
    expect(networkUrls("192.0.2.7", "8080")).toEqual(["http://192.0.2.7:8080"]);
    expect(networkUrls("2001:db8::7", "8080")).toEqual(["http://[2001:db8::7]:8080"]);
  });

  it("are those of every interface if it listens on all", () => {
    const addresses = Object.values(networkInterfaces())
      .flatMap((each) => each ?? [])
      .filter(({ internal, family }) => !internal && family === "IPv4")
      .map(({ address }) => `http://${address}:8080`);
    expect(networkUrls("0.0.0.0", "8080")).toEqual(addresses);
    expect(networkUrls("::", "8080")).toEqual(expect.arrayContaining(addresses));
  });
});
