import type { FileHandle } from "node:fs/promises";
import { setImmediate as turnOfTheLoop } from "node:timers/promises";
import type { Logger } from "pino";
import type { UsageEvent } from "../../../contracts/usage.js";
import type { Lock } from "../../../disk/lock.js";
import { messageOf } from "../../../errors/thrown.js";
import { OpenIntents } from "./open-intents.js";
import { ownDirectory } from "./owner.js";
import { PatientSync } from "./patient-sync.js";
import { checkpointLine, frame, type Intent, intentLine, settledLine, voidLine } from "./records.js";
import { unsettled } from "./recover.js";
import {
  createSegment,
  deleteSegment,
  findSegments,
  readSegment,
  type Segment,
  segment,
  settledBatches,
} from "./segments.js";

/** Told when its entry is on the disk, or cannot get there. */
export interface JournalListener {
  onJournaled(step: "intent" | "settled"): void;
  /**
   * The disk refuses the entry. Says what becomes of a settlement: one that is `owed` is written when the disk takes writes
   * again; one that is `void` never counts, because nothing of its answer has gone out. A refused intent is void in any case.
   */
  onJournalFailure(step: "intent" | "settled"): "retry" | "discard";
}

/** A file is closed, and so given to the publisher, this long after something was settled in it … */
const sealAfter = 250;
/** … or when it is this large. */
const sealBytes = 4 * 1024 * 1024;
/** After a failed write the disk is tried again at this interval. */
const retryEvery = 500;
/** More files than this, and the oldest one's open intents are copied forward so that it can go. */
const carryBeyond = 8;

interface Pending {
  readonly line: string;
  readonly step: "intent" | "settled" | "other";
  readonly id: string;
  readonly waiter: JournalListener | undefined;
}

/**
 * The durable log of usage on this process's disk. Entries that come while a write is under way go out together with the
 * next one (group commit), and their waiters are told once the write has reached the disk (or, where the disk stalls, the
 * kernel). When a write fails the journal is `failing`: its owner refuses requests rather than answer them uncounted.
 */
export class Journal {
  #pending: Pending[] = [];
  #writing = false;
  #scheduled = false;
  #closing = false;
  #failing: string | undefined;
  #file: FileHandle | undefined;
  #current: Segment | undefined;
  #bytes = 0;
  #firstSettled = 0;
  #next = 1;
  readonly #segments: Segment[] = [];
  readonly #open = new OpenIntents();
  /** Settlements that the disk refused: they go first when it takes writes again. */
  #owed: Pending[] = [];
  readonly #tick: NodeJS.Timeout;
  /** Voided requests: files that are still there may hold their settlements, which nobody may publish. */
  readonly #void = new Set<string>();
  readonly #sync = new PatientSync();
  /** Called when there is a closed file to publish. */
  onSealed: () => void = () => {};

  private constructor(
    private readonly directory: string,
    private readonly log: Logger,
    private readonly lock: Lock,
  ) {
    this.#tick = setInterval(() => this.#onTick(), 100);
    this.#tick.unref();
  }

  /**
   * Opens the log once nobody else writes it (`ownDirectory`, which says what `patience` is and what it throws), and
   * settles what an earlier process left open. Rejects when the directory cannot be written.
   */
  static async open(directory: string, log: Logger, patience: number): Promise<Journal> {
    const journal = new Journal(directory, log, await ownDirectory(directory, log, patience));
    try {
      await journal.#takeOver();
      return journal;
    } catch (error) {
      await journal.close().catch(() => {});
      throw error;
    }
  }

  async #takeOver(): Promise<void> {
    this.#segments.push(...(await findSegments(this.directory)));
    this.#next = (this.#segments.at(-1)?.number ?? 0) + 1;
    const entries = [];
    for (const old of this.#segments) {
      const found = await readSegment(old);
      old.settled = found.filter(({ kind }) => kind === "settled").length;
      for (const entry of found) if (entry.kind === "void") this.#void.add(entry.id);
      entries.push(...found);
    }
    const cut = unsettled(entries);
    await this.#newSegment();
    if (cut.length === 0) return;
    this.log.warn({ requests: cut.length }, "settled requests that a crash had cut, as estimated");
    await Promise.all(
      cut.map(
        (event) =>
          new Promise<void>((resolve, reject) =>
            this.settle(event, {
              onJournaled: () => resolve(),
              onJournalFailure: () => {
                reject(new Error("the usage log cannot be written"));
                return "retry";
              },
            }),
          ),
      ),
    );
  }

  /** Why nothing can be written; undefined while all is well. */
  get failing(): string | undefined {
    return this.#failing;
  }

  /** Writes that went on before the disk had them: they survive this process, but not the machine's sudden end. */
  get unsynced(): number {
    return this.#sync.late;
  }

  /** Files not yet deleted, and requests not yet settled. */
  get backlog(): { readonly segments: number; readonly events: number; readonly open: number } {
    let events = 0;
    for (const { published, settled } of this.#segments) if (!published) events += settled;
    return { segments: this.#segments.length, events, open: this.#open.size };
  }

  intent(intent: Intent, waiter: JournalListener): void {
    this.#open.add(intent);
    this.#push({ line: intentLine(intent), step: "intent", id: intent.id, waiter });
  }

  /** Nobody waits for a checkpoint: it only makes an estimate better. */
  checkpoint(id: string, outputTokens: number): void {
    if (!this.#open.progress(id, outputTokens)) return;
    this.#push({ line: checkpointLine(id, outputTokens, Date.now()), step: "other", id, waiter: undefined });
  }

  settle(event: UsageEvent, waiter: JournalListener | undefined): void {
    this.#push({ line: settledLine(event), step: "settled", id: event.id, waiter });
  }

  /** The oldest closed file that the ledger has not got. */
  nextSealed(): Segment | undefined {
    return this.#segments.find((candidate) => candidate !== this.#current && !candidate.published);
  }

  /** What a closed file holds for the ledger, `size` events at a time. */
  batchesOf(sealed: Segment, size: number): AsyncGenerator<UsageEvent[]> {
    return settledBatches(sealed, size, this.#void);
  }

  /** The ledger has every event of the file. Files go oldest first, so that no settlement goes before its intent. */
  async published(sealed: Segment): Promise<void> {
    sealed.published = true;
    await this.#trim();
  }

  /** Writes what is pending and closes the current file, so that the publisher can have it. */
  async seal(): Promise<void> {
    while (this.#writing || this.#pending.length > 0) {
      if (this.#failing !== undefined) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    this.#firstSettled = 1;
    await this.#write();
  }

  async close(): Promise<void> {
    clearInterval(this.#tick);
    try {
      while (this.#writing) await new Promise((resolve) => setTimeout(resolve, 5));
      this.#closing = true;
      await this.#file?.close();
      this.#file = undefined;
      // A file with nothing in it need not be read by the next process.
      const current = this.#current;
      if (current !== undefined && this.#bytes === 0) await deleteSegment(current);
    } finally {
      await this.lock.release();
    }
  }

  #push(pending: Pending): void {
    this.#pending.push(pending);
    if (this.#writing || this.#scheduled || this.#failing !== undefined) {
      // While failing, intents are refused at once; settlements are owed.
      if (this.#failing !== undefined) this.#refusePending();
      return;
    }
    this.#scheduled = true;
    setImmediate(this.#flush);
  }

  readonly #flush = (): void => {
    this.#scheduled = false;
    void this.#write();
  };

  #onTick(): void {
    if (this.#writing || this.#closing) return;
    if (this.#failing !== undefined) {
      if (Date.now() - this.#failedAt >= retryEvery) void this.#write();
      return;
    }
    if (this.#sealDue()) void this.#write();
  }

  #failedAt = 0;

  #sealDue(): boolean {
    return this.#bytes > sealBytes || (this.#firstSettled > 0 && Date.now() - this.#firstSettled >= sealAfter);
  }

  /** One turn of the group commit; goes on until nothing is pending. Never rejects. */
  async #write(): Promise<void> {
    if (this.#writing || this.#closing) return;
    this.#writing = true;
    try {
      do {
        let batch: readonly Pending[] = [];
        try {
          if (this.#file === undefined || this.#sealDue()) await this.#newSegment();
          batch = this.#owed.length > 0 ? this.#owed.concat(this.#pending) : this.#pending;
          this.#pending = [];
          this.#owed = [];
          if (batch.length > 0 || this.#failing !== undefined) await this.#append(batch);
          if (this.#failing !== undefined) {
            this.log.info("the usage log takes writes again");
            this.#failing = undefined;
          }
        } catch (error) {
          this.#failed(error, batch);
          return;
        }
        for (const pending of batch) this.#done(pending);
        // What else comes in this turn of the event loop goes along: under load half as many writes, each as fast.
        if (this.#pending.length > 0) await turnOfTheLoop();
      } while (this.#pending.length > 0);
    } finally {
      this.#writing = false;
    }
  }

  async #append(batch: readonly Pending[]): Promise<void> {
    const file = this.#file;
    if (file === undefined) throw new Error("the usage log is closed");
    const bytes = frame(batch.length === 0 ? [voidLine("probe")] : batch.map(({ line }) => line));
    const { bytesWritten } = await file.write(bytes);
    if (bytesWritten !== bytes.length) throw new Error("no space left on the disk");
    this.#bytes += bytes.length;
    await this.#sync.of(file);
  }

  #done({ step, id, waiter }: Pending): void {
    if (step === "intent") {
      if (this.#current !== undefined) this.#open.written(id, this.#current);
      waiter?.onJournaled("intent");
    } else if (step === "settled") {
      if (this.#firstSettled === 0) this.#firstSettled = Date.now();
      if (this.#current !== undefined) this.#current.settled += 1;
      this.#open.close(id);
      waiter?.onJournaled("settled");
    }
  }

  #failed(error: unknown, batch: readonly Pending[]): void {
    const reason = messageOf(error);
    if (this.#failing === undefined)
      this.log.error({ reason }, "the usage log cannot be written: requests are refused");
    this.#failing = reason;
    this.#failedAt = Date.now();
    // Part of the frame may be there: nothing is ever appended behind a torn frame.
    const broken = this.#file;
    const current = this.#current;
    if (current !== undefined && this.#bytes === 0) {
      // Nothing was acknowledged in it: a disk that stays full must not fill with empty files.
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
      const { step, id, waiter, line } = pending;
      // A copy on its way into a newer file: its request goes on, and is still to be found in the older one.
      if (step !== "settled" && this.#open.isCarried(id)) this.#owed.push(pending);
      else if (step === "other") {
        if (line === voidLine(id)) this.#owed.push(pending);
      } else if ((waiter?.onJournalFailure(step) ?? "retry") === "retry" && step === "settled") {
        this.#owed.push({ ...pending, waiter: undefined });
      } else this.#withdraw(id);
    }
  }

  /** The request does not count. Its entries may have reached the disk, this time or earlier: they are made void. */
  #withdraw(id: string): void {
    this.#open.close(id);
    this.#void.add(id);
    this.#owed.push({ line: voidLine(id), step: "other", id, waiter: undefined });
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
    this.#firstSettled = 0;
    await before?.close();
    this.#carry();
    this.onSealed();
  }

  /** Copies the open intents of the oldest file forward when files pile up behind one long answer. */
  #carry(): void {
    const oldest = this.#segments[0];
    if (oldest === undefined || this.#segments.length <= carryBeyond || !oldest.published || oldest.open === 0) return;
    for (const { intent, outputTokens } of this.#open.carryFrom(oldest)) {
      const { id } = intent;
      const checkpoint = checkpointLine(id, outputTokens, Date.now());
      this.#pending.push({ line: intentLine(intent), step: "intent", id, waiter: undefined });
      this.#pending.push({ line: checkpoint, step: "other", id, waiter: undefined });
    }
  }

  async #trim(): Promise<void> {
    for (;;) {
      const oldest = this.#segments[0];
      if (oldest === undefined || oldest === this.#current || !oldest.published || oldest.open > 0) return;
      // A carried intent must be on the disk in its new place before the old place goes.
      if (this.#open.carrying) return;
      this.#segments.shift();
      try {
        await deleteSegment(oldest);
      } catch (error) {
        this.log.warn({ error: messageOf(error) }, "a published usage file could not be deleted");
      }
      // Only closed files hold settlements that were made void.
      if (this.#segments[0] === this.#current) this.#void.clear();
    }
  }
}
