import { setTimeout as sleep } from "node:timers/promises";
import { checkPage, PAGE_BYTES, pageLsn } from "./page-checksum.js";

/** A page whose checksum does not match its content: the disk or the memory of the server has damaged it. */
export interface DamagedPage {
  /** Path in the data directory: `base/16384/16390`. */
  readonly file: string;
  /** Number of the page in its relation. */
  readonly block: number;
}

/** A page that is being written can be read half old, half new. It is read again this often, with this pause. */
const REREADS = 5;
const REREAD_PAUSE_MS = 20;
/** A damaged disk has many damaged pages: the first ones name the place. */
const MAX_DAMAGED = 100;

/** Checks the pages of files that a running server writes meanwhile. `since`: the LSN at which the copy began. */
export class PageCheck {
  readonly #since: bigint;
  readonly #damaged: DamagedPage[] = [];
  #newest: (DamagedPage & { readonly lsn: bigint }) | undefined;

  constructor(since: bigint) {
    this.#since = since;
  }

  /**
   * Checks the whole pages of a chunk, whose first page is `block`. A page that is valid when it is read again replaces the
   * one in the chunk. `reread` returns a page; fewer bytes at the end of the file.
   */
  async check(chunk: Buffer, file: string, block: number, reread: (offset: number) => Promise<Buffer>): Promise<void> {
    for (let offset = 0; offset + PAGE_BYTES <= chunk.length; offset += PAGE_BYTES) {
      const number = block + offset / PAGE_BYTES;
      let state = checkPage(chunk, offset, number, this.#since);
      for (let attempt = 0; state === "damaged" && attempt < REREADS; attempt += 1) {
        if (attempt > 0) await sleep(REREAD_PAUSE_MS);
        const page = await reread(offset);
        // Truncated since: the log contains that.
        if (page.length < PAGE_BYTES) state = "changed";
        else {
          state = checkPage(page, 0, number, this.#since);
          page.copy(chunk, offset);
        }
      }
      if (state === "damaged") this.#add({ file, block: number });
      else if (state === "changed") this.#remember({ file, block: number, lsn: pageLsn(chunk, offset) });
    }
  }

  /** The damaged pages, in the order of the copy. `end`: the LSN at the end of the copy; no page can be newer. */
  finish(end: bigint): readonly DamagedPage[] {
    if (this.#newest && this.#newest.lsn > end) this.#add({ file: this.#newest.file, block: this.#newest.block });
    return this.#damaged;
  }

  #add(page: DamagedPage): void {
    if (this.#damaged.length < MAX_DAMAGED) this.#damaged.push(page);
  }

  #remember(page: DamagedPage & { readonly lsn: bigint }): void {
    if (this.#newest === undefined || page.lsn > this.#newest.lsn) this.#newest = page;
  }
}

/** The finding about a damaged page: `page 3 of base/16384/16390 is damaged: its checksum does not match`. */
export function damagedPageText({ file, block }: DamagedPage): string {
  return `page ${block} of ${file} is damaged: its checksum does not match`;
}
