import type { RequestedWork } from "../../contracts/backups.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { type Backup, findBackup } from "../../recovery/backup/catalogue.js";
import type { Recovery } from "../../recovery/service/recovery.js";
import type { Act, Acts } from "../acts.js";

/** Starts backups and verifications for clients that do not wait for them: one at a time. */
export class BackupRequests {
  readonly #recovery: Recovery;
  readonly #acts: Acts;
  #starting = false;

  constructor(recovery: Recovery, acts: Acts) {
    this.#recovery = recovery;
    this.#acts = acts;
  }

  /** Throws `backup/running`, `backup/no-log`, `backup/no-server`. */
  async take(act: Omit<Act, "act">, verify: boolean): Promise<RequestedWork> {
    this.#recovery.requireBackup();
    return this.#start({ ...act, act: "backup.create", detail: { verify } }, () => this.#recovery.take(verify));
  }

  /** Throws `backup/running`, `backup/unknown`. */
  async verify(act: Omit<Act, "act">): Promise<RequestedWork> {
    findBackup(await this.#recovery.catalogue(), act.subject);
    return this.#start({ ...act, act: "backup.verify" }, () => this.#recovery.verify(act.subject));
  }

  /** Returns once the act is recorded and the work has started. */
  async #start(act: Act, work: () => Promise<Backup>): Promise<RequestedWork> {
    const busy = this.#starting ? "a backup is being started" : this.#recovery.state().busy;
    if (busy !== undefined) throw new KeelsonError("backup/running", `the platform is busy: ${busy}`);
    this.#starting = true;
    try {
      return await new Promise((resolve, reject) => {
        const begin = (): Promise<Backup> => {
          const running = work();
          const { requested } = this.#recovery.state();
          if (requested !== undefined) resolve(requested);
          return running;
        };
        // Once it has started, its failure is in the state, the log and the audit log.
        this.#acts.during(act, begin).catch(reject);
      });
    } finally {
      this.#starting = false;
    }
  }
}
