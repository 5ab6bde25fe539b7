/** A part of a text, by offsets, and what it becomes. */
export interface TextChange {
  readonly from: number;
  readonly to: number;
  readonly becomes: string;
}

/** Whether two changes of one text cannot be made together. Two insertions at one place can, in their order. */
export function conflicts(a: TextChange, b: TextChange): boolean {
  if (a.from === a.to && b.from === b.to) return false;
  return a.from <= b.to && b.from <= a.to;
}

/** The text with changes of which no two conflict. */
export function withChanges(text: string, changes: readonly TextChange[]): string {
  let result = "";
  let at = 0;
  for (const { from, to, becomes } of [...changes].sort((a, b) => a.from - b.from)) {
    result += text.slice(at, from) + becomes;
    at = to;
  }
  return result + text.slice(at);
}
