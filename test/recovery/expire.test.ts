import { expect, it } from "vitest";
import { removedText } from "../../src/recovery/service/expire.js";

it.each([
  [0, 0, undefined],
  [1, 0, "removed 1 expired backup"],
  [0, 1, "removed 1 log file"],
  [2, 12, "removed 2 expired backups and 12 log files"],
])("%d expired backups and %d log files are reported as: %s", (backups, files, text) => {
  expect(removedText(backups, files)).toBe(text);
});
