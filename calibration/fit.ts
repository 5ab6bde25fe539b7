/** A straight line through measurements: a part that does not depend on `x`, and a part that grows with it. */
export interface Fit {
  readonly fixed: number;
  readonly perUnit: number;
  /** The value at `x`, and half of the interval that contains 95 % of single measurements there. */
  at(x: number): { readonly value: number; readonly error: number };
}

/**
 * Least squares over points `[x, y]`. The error is that of a single new measurement (Draper and Smith, Applied Regression Analysis,
 * section 3.1): it grows with the distance from the measured sizes. Undefined for fewer than three points, or for one size alone.
 */
export function fitLine(points: readonly (readonly [x: number, y: number])[]): Fit | undefined {
  const n = points.length;
  const mean = (of: (point: readonly [number, number]) => number) =>
    points.reduce((sum, point) => sum + of(point), 0) / n;
  const x0 = mean(([x]) => x);
  const y0 = mean(([, y]) => y);
  const spread = points.reduce((sum, [x]) => sum + (x - x0) ** 2, 0);
  if (n < 3 || spread === 0) return undefined;
  const perUnit = points.reduce((sum, [x, y]) => sum + (x - x0) * (y - y0), 0) / spread;
  const fixed = y0 - perUnit * x0;
  const residual = points.reduce((sum, [x, y]) => sum + (y - fixed - perUnit * x) ** 2, 0) / (n - 2);
  return {
    fixed,
    perUnit,
    at: (x) => ({
      value: fixed + perUnit * x,
      error: studentT(n - 2) * Math.sqrt(residual * (1 + 1 / n + (x - x0) ** 2 / spread)),
    }),
  };
}

/** The 97.5th percentile of Student's t distribution, by degrees of freedom from 1. */
const STUDENT_T = [12.71, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228] as const;

/** Of more degrees of freedom the last of the table is taken, which is larger. */
function studentT(freedom: number): number {
  return STUDENT_T[Math.min(freedom, STUDENT_T.length) - 1] ?? Number.NaN;
}
