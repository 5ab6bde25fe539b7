/**
 * Words that have no place in this project because the field has a standard term: the pattern (matched as a whole word,
 * in any case) and the term to use. Identifiers are split into words first, so `strikeSchema` contains "strike".
 */
export const BANNED_WORDS: readonly (readonly [pattern: RegExp, instead: string])[] = [
  [/whoever|whomever/, "the caller, the user, any process that"],
  [/(?<!")nobody(?!")|no-?one|somebody|anybody|everybody/, "no client, an operator, any caller (name the role)"],
  [/strangers?/, "unauthenticated client"],
  [/unasked|unheard|unsaid|unspoken/, "unexpectedly, not received, not set"],
  [/told|tells?/, "reports, notifies, returns, logs"],
  [/in vain/, "failed attempt"],
  [/as hoped|hopeless|hopefully/, "as expected; permanently failed"],
  [/patien(ce|t|tly)/, "timeout, TTL, retry interval"],
  [/farewell/, "drain timeout, shutdown grace period"],
  [/thrown away|throws? away|taken away|takes? away/, "discarded, removed"],
  [/(be|is|are|was|were|has|have|had) (away|gone)/, "unreachable, not running, deleted"],
  [/reckon(s|ed|ing|ings|able)?/, "calculate, itemise, estimate"],
  [/oftenest|deepest|least (limit|share)/, "shortest interval, maximum depth, MIN_"],
  [/str(ike|ikes|uck|iking)/, "inject, injected (chaos engineering)"],
  [/farthest|furthest/, "maximum, last"],
  [/(takes?|taking|took|taken) part/, "participates"],
  [/stands? (in|at|on|there|together|beside)/, "is in; share a failure domain"],
  [/begun|unbegun/, "started"],
  [/anew|thereof|therein|hereby|whence|thence|hither|thither|lest|albeit/, "again; plain English"],
  [/kinsfolk|kin|brethren/, "related, sibling"],
  [/wish(es|ed)?/, "preference, request"],
  [/grown-up|good order/, "cleanly"],
  [/dismiss(es|ed)?/, "stop, retire, close"],
  [/mend(s|ed|ing)?/, "fix, repair"],
  [/doors?/, "entry point, ingress, listener"],
  [/the (whole )?world/, "the internet, public clients"],
  [/speaks?|spoken|spoke/, "uses the protocol, reports"],
  [/ease (in|into)/, "slow start"],
  [/accidents?/, "consecutive failures"],
];

/** Files in which a banned word is data: a stored format, checksummed SQL, a system account, sample text. */
export const EXCEPTIONS: readonly (readonly [file: string, pattern: RegExp])[] = [
  ["src/postgres/server-user.ts", /nobody/i],
  ["src/recovery/drills/result-file.ts", /strikes/],
  ["src/runtime/accounts/migrations/0001-accounts.ts", /whoever/i],
  ["src/runtime/engine/child/simulated-text.ts", /tell/],
  ["src/runtime/usage/migrations/0001-ledger.ts", /nobody|stand in/i],
  ["test/drills/result-file.test.ts", /strikes/],
  ["test/support/database/postgres.ts", /nobody/],
];
