import { expect, test } from "vitest";
import { ordinal } from "../../src/local/ordinal.js";

test("ordinals have the suffix of English", () => {
  const given = [1, 2, 3, 4, 10, 11, 12, 13, 14, 21, 22, 23, 101, 111, 112];
  expect(given.map(ordinal).join(" ")).toBe(
    "1st 2nd 3rd 4th 10th 11th 12th 13th 14th 21st 22nd 23rd 101st 111th 112th",
  );
});
