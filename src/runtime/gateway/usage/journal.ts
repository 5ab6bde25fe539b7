import type { FileHandle } from "node:fs/promises";
import { setImmediate as turnOfTheLoop } from "node:timers/promises";
import type { Logger } from "pino";
import type { UsageEvent } from "../../../contracts/usage.js";
import { debugPoint } from "../../../disk/debug-point.js";
import type { Lock } from "../../../disk/lock.js";
import { messageOf } from "../../../errors/thrown.js";
import { type Clock, SYSTEM_CLOCK } from "../../kernel/clock.js";
import { BoundedFsync } from "./bounded-fsync.js";
import { readEarlier } from "./earlier.js";
import { OpenIntents } from "./open-intents.js";
import { ownDirectory } from "./owner.js";
import { checkpointLine, frame, type Intent, intentLine, settledLine, voidLine } from "./records.js";
import { createSegment, deleteSegment, type Segment, segment, settledBatches } from "./segments.js";

/** Notified when an entry is durable, or cannot be written. */
export interface JournalListener {
  onJournaled(step: "intent" | "settled"): void;
  /**
   * The entry cannot be written. Decides about a settlement: `retry` writes it as soon as the journal accepts writes again;
   * `discard` voids the request, because nothing of its response was sent. A refused intent is always discarded.
   */
  onJournalFailure(step: "intent" | "settled"): "retry" | "discard";
}

/** A file is closed, and so available to the publisher, this long after the first settlement in it … */
const ROTATE_AFTER_MS = 250;
/** … or when it has this size. */
const MAX_SEGMENT_BYTES = 4 * 1024 * 1024;
/** Interval of attempts after a failed write. */
const RETRY_INTERVAL_MS = 500;
/** With more files than this, the open intents of the oldest one are copied to the newest, so that it can be deleted. */
const MAX_SEGMENTS = 8;
const TICK_MS = 100;

interface Pending {
  readonly line: string;
  readonly step: "intent" | "settled" | "other";
  readonly id: string;
  readonly listener: JournalListener | undefined;
}

/**
 * The durable journal of usage on this process's disk. Entries that arrive during a write are written together by the next one
 * (group commit). Their listeners are notified once the write is on the disk (or, where the disk stalls, in the kernel).
 * After a failed write the journal is `failing`: requests are refused, because they could not be counted.
 */
export class Journal {
  #pending: Pending[] = [];
  /** Settlements and voids that could not be written: they are written first when the journal accepts writes again. */
  #unwritten: Pending[] = [];
  #writing = false;
  /** The newest write, for callers that wait for its end. */
  #newestWrite: Promise<void> = Promise.resolve();
  #scheduled = false;
  #closed = false;
  #failing: string | undefined;
  #failedAt = 0;
  #file: FileHandle | undefined;
  #current: Segment | undefined;
  #bytes = 0;
  /** When the first settlement was written into the current file; undefined before. */
  #firstSettledAt: number | undefined;
  #rotateRequested = false;
  #next = 1;
  readonly #segments: Segment[] = [];
  readonly #open = new OpenIntents();
  /** Voided requests: files that are not deleted yet may hold their settlements, which must not be published. */
  readonly #void = new Set<string>();
  readonly #fsync = new BoundedFsync();
  #cancelTick: () => void = () => {};
  /**
   * Closed files are not published at the moment. Files are then closed by their size only: the time would make several files a second,
   * for as long as the ledger is unavailable.
   */
  publishingFails = false;
  /** Called when there is a closed file to publish. */
  onRotated: () => void = () => {};

  private constructor(
    private readonly directory: string,
    private readonly log: Logger,
    private readonly lock: Lock,
    private readonly clock: Clock,
  ) {
    this.#scheduleTick();
  }

  /**
   * Opens the journal once no other process writes it (`ownDirectory` describes `ownerTimeoutMs` and the errors), and
   * settles the requests that an earlier process did not settle. Rejects when the directory cannot be written.
   */
  static async open(
    directory: string,
    log: Logger,
    ownerTimeoutMs: number,
    clock: Clock = SYSTEM_CLOCK,
  ): Promise<Journal> {
    const journal = new Journal(directory, log, await ownDirectory(directory, log, ownerTimeoutMs), clock);
    try {
      await journal.#recover();
      return journal;
    } catch (error) {
      await journal.close().catch(() => {});
      throw error;
    }
  }

  async #recover(): Promise<void> {
    const earlier = await readEarlier(this.directory);
    this.#next = earlier.next;
    for (const old of earlier.segments) this.#segments.push(old);
    for (const id of earlier.voided) this.#void.add(id);
    if (earlier.unreadable > 0) {
      this.log.warn(
        { entries: earlier.unreadable, directory: this.directory },
        "skipped entries of the usage journal that another version of Keelson wrote; they remain on the disk",
      );
    }
    const cut = earlier.unsettled;
    await this.#newSegment();
    if (cut.length === 0) return;
    this.log.warn({ requests: cut.length }, "settled requests that a crash interrupted, as estimated");
    await Promise.all(cut.map((event) => this.#settleRecovered(event)));
  }

  #settleRecovered(event: UsageEvent): Promise<void> {
    return new Promise((resolve, reject) =>
      this.settle(event, {
        onJournaled: () => resolve(),
        onJournalFailure: () => {
          reject(new Error("the usage journal cannot be written"));
          return "retry";
        },
      }),
    );
  }

  /** Why writes fail; undefined while they succeed. */
  get failing(): string | undefined {
    return this.#failing;
  }

  /** Writes that did not wait for the disk: they survive a crash of this process, but not of the machine. */
  get unsynced(): number {
    return this.#fsync.unsyncedWrites;
  }

  /** Files that are not deleted, settled events that are not published, and requests that are not settled. */
  get backlog(): { readonly segments: number; readonly events: number; readonly open: number } {
    let events = 0;
    for (const { published, settled } of this.#segments) if (!published) events += settled;
    return { segments: this.#segments.length, events, open: this.#open.size };
  }

  intent(intent: Intent, listener: JournalListener): void {
    this.#open.add(intent);
    this.#push({ line: intentLine(intent), step: "intent", id: intent.id, listener });
  }

  /** Records the output so far. Nothing waits for a checkpoint: it only improves an estimate. */
  checkpoint(id: string, outputTokens: number): void {
    if (!this.#open.progress(id, outputTokens)) return;
    const line = checkpointLine(id, outputTokens, this.clock.now());
    this.#push({ line, step: "other", id, listener: undefined });
  }

  settle(event: UsageEvent, listener: JournalListener | undefined): void {
    this.#push({ line: settledLine(event), step: "settled", id: event.id, listener });
  }

  /** The oldest closed file that the ledger has not acknowledged. */
  nextClosed(): Segment | undefined {
    return this.#segments.find((candidate) => candidate !== this.#current && !candidate.published);
  }

  /** The settled events of a closed file, `size` at a time. */
  batchesOf(closed: Segment, size: number): AsyncGenerator<UsageEvent[]> {
    return settledBatches(closed, size, this.#void);
  }

  /** The ledger has acknowledged every event of the file. Files are deleted oldest first: no settlement before its intent. */
  async published(closed: Segment): Promise<void> {
    closed.published = true;
    debugPoint("journal/published");
    await this.#deletePublished();
  }

  /** Writes what is pending and closes the current file, so that the publisher can read it. */
  async rotate(): Promise<void> {
    await this.#flushed();
    if (this.#failing !== undefined) return;
    this.#rotateRequested = true;
    await this.#startWrite();
  }

  /** Writes what is pending and closes the file. Entries that could not be written are reported to their listeners. */
  async close(): Promise<void> {
    this.#cancelTick();
    try {
      await this.#flushed();
      this.#closed = true;
      this.#refusePending();
      await this.#file?.close();
      this.#file = undefined;
      // The next process need not read an empty file.
      const current = this.#current;
      if (current !== undefined && this.#bytes === 0) await deleteSegment(current);
    } finally {
      await this.lock.release();
    }
  }

  /** Resolves once nothing is pending, or writes fail. */
  async #flushed(): Promise<void> {
    await this.#newestWrite;
    while (this.#pending.length > 0 && this.#failing === undefined) await this.#startWrite();
  }

  #push(pending: Pending): void {
    this.#pending.push(pending);
    if (this.#failing !== undefined || this.#closed) this.#refusePending();
    else if (!this.#writing && !this.#scheduled) {
      this.#scheduled = true;
      setImmediate(this.#flush);
    }
  }

  readonly #flush = (): void => {
    this.#scheduled = false;
    void this.#startWrite();
  };

  #scheduleTick(): void {
    this.#cancelTick = this.clock.after(TICK_MS, () => {
      this.#scheduleTick();
      this.#onTick();
    });
  }

  #onTick(): void {
    if (this.#writing) return;
    const due =
      this.#failing === undefined ? this.#isRotationDue() : this.clock.now() - this.#failedAt >= RETRY_INTERVAL_MS;
    if (due) void this.#startWrite();
  }

  #isRotationDue(): boolean {
    if (this.#rotateRequested || this.#bytes > MAX_SEGMENT_BYTES) return true;
    // One closed file is enough to find out whether the ledger is available again.
    if (this.publishingFails && this.nextClosed() !== undefined) return false;
    return this.#firstSettledAt !== undefined && this.clock.now() - this.#firstSettledAt >= ROTATE_AFTER_MS;
  }

  #startWrite(): Promise<void> {
    if (!this.#writing && !this.#closed) this.#newestWrite = this.#write();
    return this.#newestWrite;
  }

  /** One group commit after the other, until nothing is pending. Never rejects. */
  async #write(): Promise<void> {
    this.#writing = true;
    try {
      do {
        let batch: readonly Pending[] = [];
        try {
          if (this.#file === undefined || this.#isRotationDue()) await this.#newSegment();
          batch = this.#unwritten.length > 0 ? this.#unwritten.concat(this.#pending) : this.#pending;
          this.#pending = [];
          this.#unwritten = [];
          if (batch.length > 0 || this.#failing !== undefined) await this.#append(batch);
          if (this.#failing !== undefined) {
            this.log.info("the usage journal accepts writes again");
            this.#failing = undefined;
          }
        } catch (error) {
          this.#failed(error, batch);
          return;
        }
        debugPoint("journal/durable");
        for (const pending of batch) this.#durable(pending);
        // Entries of this turn of the event loop join the next write: half as many writes under load, each as fast.
        if (this.#pending.length > 0) await turnOfTheLoop();
      } while (this.#pending.length > 0);
    } finally {
      this.#writing = false;
    }
  }

  async #append(batch: readonly Pending[]): Promise<void> {
    const file = this.#file;
    if (file === undefined) throw new Error("the usage journal is closed");
    const bytes = frame(batch.length === 0 ? [voidLine("probe")] : batch.map(({ line }) => line));
    const { bytesWritten } = await file.write(bytes);
    if (bytesWritten !== bytes.length) throw new Error("no space left on the disk");
    this.#bytes += bytes.length;
    await this.#fsync.sync(file);
  }

  #durable({ step, id, listener }: Pending): void {
    if (step === "intent") {
      if (this.#current !== undefined) this.#open.written(id, this.#current);
      listener?.onJournaled("intent");
    } else if (step === "settled") {
      this.#firstSettledAt ??= this.clock.now();
      if (this.#current !== undefined) this.#current.settled += 1;
      this.#open.close(id);
      listener?.onJournaled("settled");
    }
  }

  #failed(error: unknown, batch: readonly Pending[]): void {
    const reason = messageOf(error);
    if (this.#failing === undefined)
      this.log.error({ reason }, "the usage journal cannot be written: requests are refused");
    this.#failing = reason;
    this.#failedAt = this.clock.now();
    // Part of the frame may be on the disk: nothing is ever appended after a torn frame.
    const broken = this.#file;
    const current = this.#current;
    if (current !== undefined && this.#bytes === 0) {
      // Nothing in it was acknowledged: a disk that stays full must not fill with empty files.
      this.#segments.splice(this.#segments.indexOf(current), 1);
      deleteSegment(current).catch(() => {});
    }
    this.#file = undefined;
    this.#current = undefined;
    this.#bytes = 0;
    broken?.close().catch(() => {});
    this.#pending = batch.concat(this.#pending);
    this.#refusePending();
  }

  #refusePending(): void {
    const refused = this.#pending;
    this.#pending = [];
    for (const pending of refused) {
      const { step, id, listener, line } = pending;
      // A copy for a newer file: its request continues, and the older file still contains it.
      if (step !== "settled" && this.#open.isRelocating(id)) this.#unwritten.push(pending);
      else if (step === "other") {
        if (line === voidLine(id)) this.#unwritten.push(pending);
      } else if ((listener?.onJournalFailure(step) ?? "retry") === "retry" && step === "settled") {
        this.#unwritten.push({ ...pending, listener: undefined });
      } else this.#discard(id);
    }
  }

  /** The request does not count. Its entries may be on the disk, from this write or an earlier one: they are voided. */
  #discard(id: string): void {
    this.#open.close(id);
    this.#void.add(id);
    this.#unwritten.push({ line: voidLine(id), step: "other", id, listener: undefined });
  }

  async #newSegment(): Promise<void> {
    const next = segment(this.directory, this.#next);
    this.#next += 1;
    const file = await createSegment(next);
    const before = this.#file;
    this.#file = file;
    this.#current = next;
    this.#segments.push(next);
    this.#bytes = 0;
    this.#firstSettledAt = undefined;
    this.#rotateRequested = false;
    await before?.close();
    this.#compact();
    this.onRotated();
  }

  /** Copies the open intents of the oldest file to the newest if files accumulate behind one long response. */
  #compact(): void {
    const oldest = this.#segments[0];
    if (oldest === undefined || this.#segments.length <= MAX_SEGMENTS || !oldest.published || oldest.open === 0) return;
    for (const { intent, outputTokens } of this.#open.relocateFrom(oldest)) {
      const { id } = intent;
      const checkpoint = checkpointLine(id, outputTokens, this.clock.now());
      this.#pending.push({ line: intentLine(intent), step: "intent", id, listener: undefined });
      this.#pending.push({ line: checkpoint, step: "other", id, listener: undefined });
    }
  }

  async #deletePublished(): Promise<void> {
    for (;;) {
      const oldest = this.#segments[0];
      if (oldest === undefined || oldest === this.#current || !oldest.published || oldest.open > 0) return;
      // A relocated intent must be durable in its new file before the old file is deleted.
      if (this.#open.relocating) return;
      this.#segments.shift();
      try {
        await deleteSegment(oldest);
      } catch (error) {
        this.log.warn({ error: messageOf(error) }, "a published file of the usage journal could not be deleted");
      }
      // Only closed files hold settlements that were voided.
      if (this.#segments[0] === this.#current) this.#void.clear();
    }
  }
}
