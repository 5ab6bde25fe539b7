/**
 * The content of the page in paint order. Runs in the page, so it cannot refer to other modules, and reads only computed
 * layout: boxes, lines of text, icons.
 */
export type Piece = Box | Words | Icon;

interface Placed {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  /** From 0 to 1, multiplied with the opacity of the ancestors. */
  readonly opacity: number;
}

export interface Box extends Placed {
  readonly kind: "box";
  readonly height: number;
  readonly radius: number;
  readonly fill: string;
  readonly border: { readonly color: string; readonly width: number } | undefined;
}

/** `y` is the baseline. */
export interface Words extends Placed {
  readonly kind: "words";
  readonly words: string;
  readonly color: string;
  readonly size: number;
  readonly weight: string;
}

export interface Icon extends Placed {
  readonly kind: "icon";
  readonly height: number;
  readonly color: string;
  readonly viewBox: string;
  readonly stroke: string;
  readonly content: string;
}

export function piecesOf(): readonly Piece[] {
  const pieces: Piece[] = [];
  const clear = "rgba(0, 0, 0, 0)";
  const pen = document.createElement("canvas").getContext("2d");
  const px = (value: string) => Number.parseFloat(value) || 0;

  function box(style: CSSStyleDeclaration, at: Omit<Placed, "opacity"> & { height: number }, opacity: number): void {
    const { x, y, width, height } = at;
    const sides = ["Top", "Right", "Bottom", "Left"] as const;
    const borders = sides.map((side) => ({
      side,
      width: style[`border${side}Style`] === "none" ? 0 : px(style[`border${side}Width`]),
      color: style[`border${side}Color`],
    }));
    const shown = borders.filter((border) => border.width > 0 && border.color !== clear);
    const [first] = shown;
    const around = shown.length === 4 && shown.every(({ color }) => color === first?.color) ? first : undefined;
    // A percentage, as of a circle, is of the box.
    const given = style.borderTopLeftRadius;
    const radius = Math.min(given.endsWith("%") ? width : px(given), width / 2, height / 2);
    const fill = style.backgroundColor;
    if (fill !== clear || around)
      pieces.push({ kind: "box", ...at, opacity, radius, fill: fill === clear ? "none" : fill, border: around });
    if (around) return;
    for (const { side, width: thick, color } of shown) {
      const line = { kind: "box", opacity, radius: 0, fill: color, border: undefined } as const;
      if (side === "Top" || side === "Bottom")
        pieces.push({ ...line, x, y: side === "Top" ? y : y + height - thick, width, height: thick });
      else pieces.push({ ...line, x: side === "Left" ? x : x + width - thick, y, width: thick, height });
    }
  }

  function words(node: Text, style: CSSStyleDeclaration, opacity: number): void {
    const lines: { words: string; x: number; top: number; right: number }[] = [];
    for (const { index, 0: word } of node.data.matchAll(/\S+/g)) {
      const range = document.createRange();
      range.setStart(node, index);
      range.setEnd(node, index + word.length);
      const { x, y: top, right, width } = range.getBoundingClientRect();
      if (width === 0) continue;
      const last = lines.at(-1);
      if (last && Math.abs(last.top - top) < 2) {
        last.words += ` ${word}`;
        last.right = right;
      } else lines.push({ words: word, x, top, right });
    }
    if (!pen) throw new Error("this browser does not measure text");
    pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    const { fontBoundingBoxAscent: ascent } = pen.measureText("x");
    for (const { words: text, x, top, right } of lines)
      pieces.push({
        kind: "words",
        words: text,
        x,
        y: top + ascent,
        width: right - x,
        opacity,
        color: style.color,
        size: px(style.fontSize),
        weight: style.fontWeight,
      });
  }

  function walk(element: Element, around: number): void {
    const style = getComputedStyle(element);
    const opacity = around * Number(style.opacity);
    if (style.display === "none" || style.visibility === "hidden" || opacity === 0) return;
    if (style.clipPath.startsWith("inset(50%")) return;
    const { x, y, width, height } = element.getBoundingClientRect();
    if (element instanceof SVGSVGElement) {
      const { color, stroke } = style;
      const viewBox = element.getAttribute("viewBox") ?? `0 0 ${width} ${height}`;
      const strokeWidth = style.strokeWidth;
      pieces.push({
        kind: "icon",
        ...{ x, y, width, height, opacity, viewBox, color: stroke === "none" ? color : stroke },
        stroke: strokeWidth,
        content: element.innerHTML,
      });
      return;
    }
    const own = pieces.length;
    if (width > 0 && height > 0) box(style, { x, y, width, height }, opacity);
    const before = getComputedStyle(element, "::before");
    if (before.content === '""' && before.position === "absolute")
      box(
        before,
        { x: x + px(before.left), y: y + px(before.top), width: px(before.width), height: px(before.height) },
        opacity * Number(before.opacity),
      );
    for (const child of element.childNodes) {
      if (child instanceof Element) walk(child, opacity);
      else if (child instanceof Text && !(element instanceof HTMLStyleElement)) words(child, style, opacity);
    }
    // What fills a box up to its edge would hide the round corners of its border.
    const frame = pieces[own];
    if (frame?.kind === "box" && frame.border && element.childElementCount > 0) pieces.push({ ...frame, fill: "none" });
  }

  walk(document.body, 1);
  return pieces;
}
