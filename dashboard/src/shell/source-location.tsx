import { Link } from "react-router";
import type { PlaceOrigin } from "../api/promises.js";
import styles from "./source-location.module.css";

/** A position in the platform file in the format of editors: `platform.yaml:12:3`. */
export function SourceLocation({ origin }: { readonly origin: PlaceOrigin }) {
  if (origin.kind === "default") return <>default: {origin.why}</>;
  return origin.kind === "environment" ? (
    <>
      <Position origin={origin} /> in {origin.environment}
    </>
  ) : (
    <Position origin={origin} />
  );
}

/** The position to edit. A default is changed at the position of its parent. */
export function EditLocation({ origin }: { readonly origin: PlaceOrigin }) {
  return <Position origin={origin} />;
}

/** A link to the line on the page Design; shows the last part of the path. */
function Position({ origin: { file, line, column } }: { readonly origin: PlaceOrigin }) {
  const at = line > 0 ? `:${line}:${column}` : "";
  const short = file.split("/").slice(-2).join("/");
  return (
    <Link className={styles.position} title={`${file}${at}`} to={line > 0 ? `/design?line=${line}` : "/design"}>
      <code>{`${short}${at}`}</code>
    </Link>
  );
}
