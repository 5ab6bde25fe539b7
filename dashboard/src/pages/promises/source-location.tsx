import { UnstyledButton } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import type { PlaceOrigin } from "../../api/promises.js";
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

/** Copies the whole path, for the editor; shows its last part. */
function Position({ origin: { file, line, column } }: { readonly origin: PlaceOrigin }) {
  const clipboard = useClipboard({ timeout: 1500 });
  const at = line > 0 ? `:${line}:${column}` : "";
  const short = file.split("/").slice(-2).join("/");
  return (
    <UnstyledButton
      className={styles.position}
      title={`Copy ${file}${at}`}
      onClick={() => clipboard.copy(`${file}${at}`)}
    >
      <code>{`${short}${at}`}</code>
      {clipboard.copied && <span role="status"> copied</span>}
    </UnstyledButton>
  );
}
