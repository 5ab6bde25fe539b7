import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { request } from "undici";
import { type AuditAct, MAX_SUBJECT_LENGTH, type ReportedAct, reportedActs } from "../contracts/audit.js";
import { parseJson } from "../contracts/error.js";
import { bearer } from "../contracts/platform-token.js";
import { requestOf } from "../contracts/route.js";
import { accountsInternalRoutes } from "../contracts/routes/accounts.js";
import { writeAtomically } from "../disk/atomic-file.js";
import { singleLine } from "../errors/terminal-text.js";
import { messageOf } from "../errors/thrown.js";

const RETRY_INTERVAL_MS = 2_000;
const RESPONSE_TIMEOUT_MS = 10_000;
const MAX_OUTCOME_LENGTH = 500;

/** An act on the platform, and who does it. */
export interface Act {
  readonly act: AuditAct;
  readonly actor: string;
  readonly subject: string;
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** Records acts on the platform itself in the audit log, which may be unreachable at that time: the act may be the reason. */
export interface Acts {
  /** Records an act that is done. Rejects if it cannot be stored on disk. */
  record(act: Act): Promise<void>;
  /**
   * Performs an act, and records it with its outcome; if this process is killed meanwhile, without one. `subjectOf`: the subject that
   * the result determines.
   */
  during<Result>(
    act: Act,
    perform: () => Promise<Result>,
    subjectOf?: (result: Awaited<Result>) => string,
  ): Promise<Result>;
  /** Sends what is stored, once. */
  stop(): Promise<void>;
}

/**
 * `directory`: one file for each act that the audit log does not contain yet. `target`: address of the process with the accounts
 * module and its token; undefined if this platform has none.
 */
export async function startActs(
  directory: string,
  target: () => Promise<{ readonly url: string; readonly token: string } | undefined>,
  report: (problem: string) => void,
): Promise<Acts> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  /** Files of acts that are being performed. */
  const open = new Set<string>();
  let sending: Promise<void> = Promise.resolve();
  let problem: string | undefined;

  const write = async (act: Act, id: string, at: string): Promise<void> => {
    const { detail = {}, subject, ...rest } = act;
    const reported: ReportedAct = { id, at, ...rest, subject: bounded(subject, MAX_SUBJECT_LENGTH), detail };
    await writeAtomically(join(directory, `${id}.json`), JSON.stringify(reported));
  };
  /** One act that cannot be recorded must not keep the later ones from the log. */
  const setAside = async (name: string, why: string): Promise<void> => {
    await rename(join(directory, name), join(directory, `${name}.refused`));
    report(
      `an act cannot be recorded in the audit log, and is kept in ${join(directory, name)}.refused: ${bounded(why, 200)}`,
    );
  };
  const newId = (): string => `${Date.now().toString().padStart(14, "0")}-${randomUUID()}`;

  const sendAll = async (): Promise<void> => {
    const names = (await readdir(directory)).filter((name) => name.endsWith(".json") && !open.has(name)).sort();
    if (names.length === 0) return;
    const to = await target();
    if (to === undefined) return;
    for (const name of names) {
      const parsed = reportedActs.safeParse({ acts: [parseJson(await readFile(join(directory, name), "utf8"))] });
      if (!parsed.success) {
        await setAside(name, "it is not an act");
        continue;
      }
      const body = parsed.data;
      const { method, path } = requestOf(accountsInternalRoutes.recordActs, { body });
      const response = await request(`${to.url}${path}`, {
        method,
        headers: { authorization: bearer(to.token), "content-type": "application/json" },
        body: JSON.stringify(body),
        headersTimeout: RESPONSE_TIMEOUT_MS,
        bodyTimeout: RESPONSE_TIMEOUT_MS,
      });
      const answer = await response.body.text();
      if (response.statusCode === 400) {
        await setAside(name, answer);
        continue;
      }
      if (response.statusCode !== 204) throw new Error(`status ${response.statusCode}: ${answer.slice(0, 200)}`);
      await rm(join(directory, name), { force: true });
    }
  };
  const send = (): Promise<void> => {
    sending = sending.then(sendAll).then(
      () => {
        problem = undefined;
      },
      (error: unknown) => {
        // Once for each outage: the acts are safe on disk meanwhile.
        if (problem === undefined) report(`acts are not in the audit log yet: ${messageOf(error)}`);
        problem = messageOf(error);
      },
    );
    return sending;
  };
  const timer = setInterval(() => void send(), RETRY_INTERVAL_MS).unref();

  return {
    async record(act) {
      await write(act, newId(), new Date().toISOString());
      void send();
    },
    async during(act, perform, subjectOf) {
      const id = newId();
      const at = new Date().toISOString();
      open.add(`${id}.json`);
      await write(act, id, at);
      const finish = async (outcome: string, subject = act.subject): Promise<void> => {
        await write({ ...act, subject, detail: { ...act.detail, outcome } }, id, at);
        open.delete(`${id}.json`);
        void send();
      };
      let result: Awaited<ReturnType<typeof perform>>;
      try {
        result = await perform();
      } catch (error) {
        await finish(`failed: ${bounded(messageOf(error), MAX_OUTCOME_LENGTH)}`);
        throw error;
      }
      await finish("done", subjectOf?.(result));
      return result;
    },
    async stop() {
      clearInterval(timer);
      await send();
    },
  };
}

/** Text that PostgreSQL can store (it has no NUL), of limited length. */
function bounded(text: string, maxLength: number): string {
  const line = singleLine(text);
  return line.length <= maxLength ? line : `${line.slice(0, maxLength - 1).replace(/\p{Cs}$/u, "")}…`;
}
