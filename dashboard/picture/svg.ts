import type { Piece } from "./drawing.js";

export interface Drawn {
  readonly title: string;
  readonly width: number;
  readonly height: number;
  /** The same pieces in light and in dark colours. */
  readonly light: readonly Piece[];
  readonly dark: readonly Piece[];
}

/** The drawing as an SVG file that follows the colour scheme of its viewer. */
export function svgOf({ title, width, height, light, dark }: Drawn): string {
  if (light.length !== dark.length) throw new Error("the page changed while it was drawn: draw it again");
  const styles = new Styles();
  const lines = light.map((piece, index) => drawn(piece, dark[index] ?? piece, styles));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="t">
<title id="t">${escaped(title)}</title>
<style>
text{font-family:Inter,"Segoe UI",system-ui,-apple-system,Roboto,"Noto Sans",sans-serif;font-variant-numeric:tabular-nums;white-space:pre}
.icon{fill:none;stroke-linecap:round;stroke-linejoin:round}
${styles.text()}
</style>
${lines.filter((line) => line !== "").join("\n")}
</svg>
`;
}

function drawn(piece: Piece, other: Piece, styles: Styles): string {
  const faded = piece.opacity < 1 ? ` opacity="${round(piece.opacity)}"` : "";
  if (piece.kind === "box" && other.kind === "box") {
    const classes = [
      piece.fill === "none" ? styles.plain("fill:none") : styles.colour("fill", piece.fill, other.fill),
      ...(piece.border && other.border
        ? [
            styles.colour("stroke", piece.border.color, other.border.color),
            styles.plain(`stroke-width:${piece.border.width}`),
          ]
        : []),
    ];
    // A border is within its box; a stroke is on both sides of its line.
    const half = (piece.border?.width ?? 0) / 2;
    const [x, y] = [piece.x + half, piece.y + half];
    const [wide, high] = [piece.width - 2 * half, piece.height - 2 * half];
    const radius = piece.radius > 0 ? ` rx="${round(Math.max(0, piece.radius - half))}"` : "";
    return `<rect class="${classes.join(" ")}" x="${round(x)}" y="${round(y)}" width="${round(wide)}" height="${round(high)}"${radius}${faded}/>`;
  }
  if (piece.kind === "words" && other.kind === "words") {
    const { x, y, width, words, size, weight } = piece;
    const classes = `${styles.plain(`font-size:${round(size)}px;font-weight:${weight}`)} ${styles.colour("fill", piece.color, other.color)}`;
    // The width on the page, whatever font the viewer has.
    const length = words.length > 1 ? ` textLength="${round(width)}" lengthAdjust="spacingAndGlyphs"` : "";
    return `<text class="${classes}" x="${round(x)}" y="${round(y)}"${length}${faded}>${escaped(words)}</text>`;
  }
  if (piece.kind === "icon" && other.kind === "icon") {
    const { x, y, width, height, viewBox, stroke, content } = piece;
    const colours = `${styles.colour("stroke", piece.color, other.color)} ${styles.colour("color", piece.color, other.color)}`;
    const inner = content.replaceAll(/><\/(path|circle|rect|line|ellipse)>/g, "/>");
    return `<svg class="icon ${colours}" x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" viewBox="${viewBox}" stroke-width="${Number.parseFloat(stroke)}"${faded}>${inner}</svg>`;
  }
  throw new Error("the page changed while it was drawn: draw it again");
}

/** One short class for all shapes with the same style. */
class Styles {
  readonly #names = new Map<string, string>();
  readonly #light: string[] = [];
  readonly #dark: string[] = [];

  plain(rule: string): string {
    return this.#name(rule, (name) => this.#light.push(`.${name}{${rule}}`));
  }

  colour(property: "fill" | "stroke" | "color", light: string, dark: string): string {
    return this.#name(`${property} ${light} ${dark}`, (name) => {
      this.#light.push(`.${name}{${property}:${hex(light)}}`);
      this.#dark.push(`.${name}{${property}:${hex(dark)}}`);
    });
  }

  #name(key: string, write: (name: string) => void): string {
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const name = `p${this.#names.size}`;
    this.#names.set(key, name);
    write(name);
    return name;
  }

  text(): string {
    return `${this.#light.join("")}\n@media (prefers-color-scheme:dark){${this.#dark.join("")}}`;
  }
}

/** A computed `rgb(…)` colour in the notation of the design tokens. */
function hex(color: string): string {
  const parts = /^rgb\((\d+), (\d+), (\d+)\)$/.exec(color);
  if (!parts) return color;
  return `#${parts
    .slice(1)
    .map((part) => Number(part).toString(16).padStart(2, "0"))
    .join("")}`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function escaped(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
