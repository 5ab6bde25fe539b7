import type { Marks } from "../../promises/marks.js";
import { coloursFor } from "../terminal/colours.js";

/** How verdicts are highlighted on stdout. */
export function terminalMarks(): Marks {
  const colours = coloursFor(process.stdout, process.env);
  return {
    heading: colours.bold,
    quiet: colours.dim,
    verdict: (shown, verdict) => {
      switch (verdict) {
        case "kept":
          return colours.green(shown);
        case "broken":
          return colours.red(shown);
        case "unknown":
          return colours.yellow(shown);
        case "not-promised":
          return colours.dim(shown);
      }
    },
  };
}
