import { describe, expect, it } from "vitest";
import { name } from "../../src/contracts/fields.js";

describe("a display name", () => {
  it.each([
    ["Persian", "می\u200cخواهم"],
    ["Hindi with a joiner", "क्\u200dष"],
    ["Sinhala", "ශ්\u200dරී ලංකා"],
    ["Malayalam, with a joiner at the end of a word", "ന്\u200d and അവന്\u200d"],
    ["an emoji of several people", "team 👩\u200d👩\u200d👧"],
    ["an emoji with a skin tone and a variation selector", "👩🏽\u200d⚕\ufe0f and 🏳\ufe0f\u200d🌈"],
    ["combining marks and other scripts", "Grüße, 日本語, שלום, e\u0301"],
  ])("may be %s", (_what, given) => {
    expect(name.parse(given)).toBe(given);
  });

  it.each([
    ["a joiner between Latin letters", "ad\u200dmin"],
    ["a non-joiner between Latin letters", "ad\u200cmin"],
    ["a joiner before a word", "\u200dadmin"],
    ["a joiner after a Latin word", "admin\u200d"],
    ["two joiners", "क्\u200d\u200dष"],
    ["a joiner after an emoji", "👩\u200d"],
    ["a zero-width space", "a\u200bb"],
    ["a soft hyphen", "a\u00adb"],
    ["a byte order mark", "a\ufeffb"],
    ["a mark of direction", "a\u200fb"],
    ["a line break", "a\nb"],
  ])("is refused with %s", (_what, given) => {
    expect(name.safeParse(given).success).toBe(false);
  });
});
