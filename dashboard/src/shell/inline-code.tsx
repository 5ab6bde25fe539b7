/** Text with `code` in backticks. */
export function InlineCode({ text }: { readonly text: string }) {
  return text.split("`").map((part, index) =>
    index % 2 === 1 ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a sentence are never reordered
      <code key={index}>{part}</code>
    ) : (
      part
    ),
  );
}
