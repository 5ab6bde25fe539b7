import { ApiError } from "../api/client.js";
import { sentence } from "../format.js";

/** A message of the platform as a sentence: capital first letter, full stop, and backticks as code. */
export function Message({ text }: { readonly text: string }) {
  return sentence(text)
    .split("`")
    .map((part, index) =>
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts have no other identity
      index % 2 === 1 ? <code key={index}>{part}</code> : part,
    );
}

/** The message of an error and its hint, as sentences. */
export function ErrorMessage({ error }: { readonly error: Error }) {
  const hint = error instanceof ApiError ? error.hint : undefined;
  return (
    <>
      <Message text={error.message} />
      {hint !== undefined && (
        <>
          {" "}
          <Message text={hint} />
        </>
      )}
    </>
  );
}
