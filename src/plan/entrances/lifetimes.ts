import type { Source } from "../plan.js";

/** For how long the certificate authority signs, from the first day of an announced change. Days are `YYYY-MM-DD`. */
export interface Lifetime {
  readonly from?: string;
  readonly days: number;
}

/** The default profile of Let's Encrypt, `classic`: today's lifetime, and the announced ones. */
const LIFETIMES: readonly [Lifetime, ...Lifetime[]] = [
  { days: 90 },
  { from: "2027-02-10", days: 64 },
  { from: "2028-02-16", days: 45 },
];

/**
 * In how many days cert-manager tries to renew a certificate of the shortest lifetime: a third of it. The Plan has no clock, so
 * what is predicted today has to hold after the announced changes, too.
 */
export const RENEWAL_DAYS = Math.min(...LIFETIMES.map(renewalDays));

/** In how many days before the expiry of a certificate of Let's Encrypt cert-manager tries to renew it. */
export function renewalDays({ days }: Lifetime): number {
  return Math.floor(days / 3);
}

/** The lifetimes on a day and after it, the earliest first. */
export function lifetimesFrom(day: string): readonly Lifetime[] {
  return LIFETIMES.filter((_, index) => {
    const next = LIFETIMES[index + 1]?.from;
    return next === undefined || next > day;
  });
}

export const RENEWAL_SOURCE: Source = {
  source: `a certificate is renewed after two thirds of its lifetime, by default (cert-manager.io: Certificate resource, Reissuance triggered by expiry); Let's Encrypt signs for ${LIFETIMES.map(inWords).join(", ")} (letsencrypt.org/docs/profiles of 2026-09-08, letsencrypt.org/2025/12/02/from-90-to-45)`,
  read: "2026-11-30",
};

function inWords({ from, days }: Lifetime): string {
  return from === undefined ? `${days} days` : `${days} days from ${from}`;
}
