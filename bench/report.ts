/** One measured line: the figure, what it is compared with in the same run, and whether the target is met. */
export interface Figure {
  readonly what: string;
  readonly measured: string;
  readonly against: string;
  readonly target: string;
  readonly met: boolean;
}

export function table(figures: readonly Figure[]): string {
  const rows = [
    "| what | measured | against | target | met |",
    "| --- | --- | --- | --- | --- |",
    ...figures.map(
      ({ what, measured, against, target, met }) =>
        `| ${what} | ${measured} | ${against} | ${target} | ${met ? "yes" : "**no**"} |`,
    ),
  ];
  return rows.join("\n");
}

export const percent = (ratio: number): string => `${Math.round(ratio * 100)} %`;
export const rate = (perSecond: number): string => `${Math.round(perSecond).toLocaleString("en")}/s`;
