import type { PlaceOrigin } from "../../api/promises.js";

/** A place in the platform file, as an editor opens it: `platform.yaml:12:3`. */
export function Place({ origin }: { readonly origin: PlaceOrigin }) {
  if (origin.kind === "default") return <>default: {origin.why}</>;
  const place = <code title={origin.file}>{placeText(origin)}</code>;
  return origin.kind === "environment" ? (
    <>
      {place} in {origin.environment}
    </>
  ) : (
    place
  );
}

/** Where what is missing would be written: a default as well is changed at a line. */
export function PlaceToEdit({ origin }: { readonly origin: PlaceOrigin }) {
  return <code title={origin.file}>{placeText(origin)}</code>;
}

function placeText({ file, line, column }: PlaceOrigin): string {
  const short = file.split("/").slice(-2).join("/");
  return line > 0 ? `${short}:${line}:${column}` : short;
}
