import { describe, expect, it } from "vitest";
import { sentence } from "../../dashboard/src/format.js";

describe("a message of the platform", () => {
  it("is shown as a sentence", () => {
    expect(sentence("this API key is invalid, revoked or expired")).toBe(
      "This API key is invalid, revoked or expired.",
    );
    expect(sentence("there is no organisation acme")).toBe("There is no organisation acme.");
    expect(sentence("Sign in again.")).toBe("Sign in again.");
    expect(sentence("already complete!")).toBe("Already complete!");
  });

  it("keeps a first word that is a name", () => {
    expect(sentence("`from` must be before `to`")).toBe("`from` must be before `to`.");
    expect(sentence("key_7 is revoked")).toBe("key_7 is revoked.");
    expect(sentence("")).toBe("");
  });
});
