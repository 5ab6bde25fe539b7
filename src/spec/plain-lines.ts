import { plainScalar } from "./plain-scalar.js";
import type { Entry, Mapping, Place, Scalar, Tree } from "./tree.js";

/** Beyond these the parser decides what is wrong. */
const DEEPEST = 16;
const MOST_VALUES = 1_000_000;

/**
 * Reads a file that is made of nothing but `key: value` lines, as generated files are: indented mappings, and behind a
 * colon words, quoted text without escapes, or a list or mapping of these on the same line. Undefined for anything that
 * could mean more in YAML (anchors, tags, dashes, text over several lines, any character that is not expected where it
 * stands), and for anything that is wrong: the parser then reads the file, and says so.
 *
 * The grammar is not written down twice for its own sake: the parser needs twice as long to read a thousand services as
 * the plan is made in, and this a tenth of that. A property test holds the two equal.
 */
export function readPlainLines(text: string): Mapping | undefined {
  try {
    return new PlainLines(text).read();
  } catch (error) {
    if (error instanceof NotPlain) return undefined;
    throw error;
  }
}

class NotPlain extends Error {}

const SPACES = / */y;
const BLANK_LINE = / *(?:#.*)?(?:\n|$)/y;
const REST_OF_LINE = / *(?: #.*)?(?:\n|$)/y;
const KEY = /[A-Za-z][\w./-]{0,100}(?=:(?:[ \n]|$))/y;
/** Words with one space between them. A colon is part of a word where a character of one follows. */
const WORDS = /[A-Za-z0-9./](?:[\w./@+%=~-]|:(?=[\w./@+%=~-])| (?=[\w./@+%=~-]))*/y;
const QUOTED = /"[ !#-[\]-~]*"|'[ -&(-~]*'/y;

class PlainLines {
  #at = 0;
  #values = 0;
  /** The walk is under the top-level key `environments`, whose keys name the differences below them. */
  #inEnvironments = false;

  constructor(readonly text: string) {}

  read(): Mapping {
    if (this.#nextIndent() !== 0) throw new NotPlain();
    const root = this.#block(0, 0, undefined);
    if (this.#at < this.text.length) throw new NotPlain();
    return root;
  }

  /** The lines at one indent; those below a key with nothing behind it are its own. */
  #block(indent: number, depth: number, environment: string | undefined): Mapping {
    this.#count(depth);
    const from = this.#at + indent;
    const entries = new Map<string, Entry>();
    let next = indent;
    while (next === indent) {
      this.#at += indent;
      const { name, key, below } = this.#key(depth, environment);
      let value: Tree;
      if (this.#pass(REST_OF_LINE)) {
        const inner = this.#nextIndent();
        value = inner > indent ? this.#block(inner, depth + 1, below) : this.#nothing(key, below);
      } else {
        this.#pass(SPACES);
        value = this.#value(depth + 1, below);
        if (!this.#pass(REST_OF_LINE)) throw new NotPlain();
      }
      this.#enter(entries, name, { key, value });
      next = this.#nextIndent();
    }
    if (next > indent) throw new NotPlain();
    return { kind: "mapping", place: { from, to: this.#at, environment }, entries };
  }

  #value(depth: number, environment: string | undefined): Tree {
    this.#count(depth);
    const from = this.#at;
    const place = (): Place => ({ from, to: this.#at, environment });
    switch (this.text[from]) {
      case "[": {
        const items: Tree[] = [];
        this.#listed("]", () => items.push(this.#value(depth + 1, environment)));
        return { kind: "sequence", place: place(), items };
      }
      case "{": {
        const entries = new Map<string, Entry>();
        this.#listed("}", () => {
          const { name, key, below } = this.#key(depth, environment);
          this.#pass(SPACES);
          this.#enter(entries, name, { key, value: this.#value(depth + 1, below) });
        });
        return { kind: "mapping", place: place(), entries };
      }
      case '"':
      case "'": {
        if (!this.#pass(QUOTED)) throw new NotPlain();
        const value = this.text.slice(from + 1, this.#at - 1);
        return { kind: "scalar", place: place(), value };
      }
      default: {
        if (!this.#pass(WORDS)) throw new NotPlain();
        const value = plainScalar(this.text.slice(from, this.#at));
        return { kind: "scalar", place: place(), value };
      }
    }
  }

  /** What stands between brackets, with commas between. */
  #listed(end: "]" | "}", one: () => void): void {
    this.#at += 1;
    this.#pass(SPACES);
    if (this.text[this.#at] !== end)
      for (;;) {
        one();
        this.#pass(SPACES);
        if (this.text[this.#at] !== ",") break;
        this.#at += 1;
        this.#pass(SPACES);
      }
    if (this.text[this.#at] !== end) throw new NotPlain();
    this.#at += 1;
  }

  /** A key and its colon. */
  #key(depth: number, environment: string | undefined): { name: string; key: Place; below: string | undefined } {
    const from = this.#at;
    if (!this.#pass(KEY)) throw new NotPlain();
    const name = this.text.slice(from, this.#at);
    const key = { from, to: this.#at, environment };
    this.#at += 1;
    if (depth === 0) this.#inEnvironments = name === "environments";
    return { name, key, below: environment ?? (depth === 1 && this.#inEnvironments ? name : undefined) };
  }

  #enter(entries: Map<string, Entry>, name: string, entry: Entry): void {
    if (entries.has(name)) throw new NotPlain();
    entries.set(name, entry);
  }

  #nothing(key: Place, environment: string | undefined): Scalar {
    return { kind: "scalar", place: { ...key, environment }, value: null };
  }

  #count(depth: number): void {
    this.#values += 1;
    if (depth > DEEPEST || this.#values > MOST_VALUES) throw new NotPlain();
  }

  /** The indent of the next line that says something; -1 at the end. */
  #nextIndent(): number {
    while (this.#at < this.text.length && this.#pass(BLANK_LINE));
    if (this.#at >= this.text.length) return -1;
    SPACES.lastIndex = this.#at;
    SPACES.test(this.text);
    return SPACES.lastIndex - this.#at;
  }

  #pass(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    if (!pattern.test(this.text)) return false;
    this.#at = pattern.lastIndex;
    return true;
  }
}
