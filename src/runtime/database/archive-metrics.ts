import type pg from "pg";
import { Gauge, type Registry } from "prom-client";

/** A scrape must not wait for a database that is away. Milliseconds. */
const patience = 1_000;

interface ArchiverRow {
  readonly archived: string;
  readonly failed: string;
  /** Seconds since the last file was archived; null when none ever was. */
  readonly age: number | null;
  readonly failing: boolean;
}

const query = `
  SELECT archived_count AS archived, failed_count AS failed,
    extract(epoch FROM now() - last_archived_time)::float8 AS age,
    coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false) AS failing
  FROM pg_stat_archiver`;

/** How the server's log gets into the archive: what a lost database can be restored to depends on it. */
export function watchArchive(metrics: Registry, pool: pg.Pool): void {
  // The gauges of one scrape are collected at once and share one query.
  let asking: Promise<ArchiverRow | undefined> | undefined;
  const ask = (): Promise<ArchiverRow | undefined> => {
    asking ??= read(pool).finally(() => {
      asking = undefined;
    });
    return asking;
  };
  const gauge = (name: string, help: string, value: (row: ArchiverRow) => number | null): void => {
    new Gauge({
      name: `keelson_database_log_${name}`,
      help,
      registers: [metrics],
      async collect() {
        const row = await ask();
        const now = row && value(row);
        // Better no figure than an old one.
        if (now === undefined || now === null) this.reset();
        else this.set(now);
      },
    });
  };
  gauge("archived_files", "Files of PostgreSQL's log archived since its statistics began.", (row) =>
    Number(row.archived),
  );
  gauge("archive_failures", "Failed attempts to archive a file of PostgreSQL's log.", (row) => Number(row.failed));
  gauge("age_seconds", "Seconds since the last file of PostgreSQL's log was archived.", (row) => row.age);
  gauge("archive_failing", "1 while the newest attempt to archive PostgreSQL's log has failed, else 0.", (row) =>
    Number(row.failing),
  );
}

async function read(pool: pg.Pool): Promise<ArchiverRow | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), patience);
  });
  const asked = pool.query<ArchiverRow>(query).then(
    ({ rows }) => rows[0],
    () => undefined,
  );
  return Promise.race([asked, late]).finally(() => clearTimeout(timer));
}
