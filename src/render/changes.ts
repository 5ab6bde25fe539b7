import { type Ownership, ownershipOf, withMarker } from "./generated-marker.js";
import type { RenderedFile } from "./target.js";

/** What writing a rendering into a folder would do to one file. */
export type Change =
  | { readonly kind: "create"; readonly path: string; readonly after: string }
  | { readonly kind: "replace"; readonly path: string; readonly before: string; readonly after: string }
  | { readonly kind: "remove"; readonly path: string; readonly before: string }
  | { readonly kind: "keep"; readonly path: string }
  /** The file was edited, or has no marker. With `force` it is replaced or removed instead. */
  | {
      readonly kind: "refuse";
      readonly path: string;
      readonly before: string;
      readonly after: string | undefined;
      readonly why: string;
    };

/**
 * Compares the rendered files with those in the folder. Files without a marker at other paths are ignored. The result is
 * sorted by path.
 */
export function decideChanges(
  rendered: readonly RenderedFile[],
  found: ReadonlyMap<string, string>,
  force: boolean,
): readonly Change[] {
  const after = new Map(rendered.map((file) => [file.path, withMarker(file)]));
  const paths = [...new Set([...after.keys(), ...found.keys()])].sort();
  return paths.flatMap((path) => decide(path, found.get(path), after.get(path), force) ?? []);
}

function decide(
  path: string,
  before: string | undefined,
  after: string | undefined,
  force: boolean,
): Change | undefined {
  if (before === undefined) return after === undefined ? undefined : { kind: "create", path, after };
  if (before === after) return { kind: "keep", path };
  const ownership = ownershipOf(before);
  if (after === undefined) {
    if (ownership === "foreign") return undefined;
    if (ownership === "own" || force) return { kind: "remove", path, before };
  } else if (ownership === "own" || force) return { kind: "replace", path, before, after };
  return { kind: "refuse", path, before, after, why: reasons[ownership] };
}

const reasons: Readonly<Record<Ownership, string>> = {
  own: "",
  changed: "it was changed after Keelson wrote it",
  foreign: "Keelson did not write it",
};
