import type { PlaceOrigin } from "../../api/promises.js";

/** A position in the platform file in the format of editors: `platform.yaml:12:3`. */
export function SourceLocation({ origin }: { readonly origin: PlaceOrigin }) {
  if (origin.kind === "default") return <>default: {origin.why}</>;
  const location = <code title={origin.file}>{locationText(origin)}</code>;
  return origin.kind === "environment" ? (
    <>
      {location} in {origin.environment}
    </>
  ) : (
    location
  );
}

/** The position to edit. A default is changed at the position of its parent. */
export function EditLocation({ origin }: { readonly origin: PlaceOrigin }) {
  return <code title={origin.file}>{locationText(origin)}</code>;
}

function locationText({ file, line, column }: PlaceOrigin): string {
  const short = file.split("/").slice(-2).join("/");
  return line > 0 ? `${short}:${line}:${column}` : short;
}
