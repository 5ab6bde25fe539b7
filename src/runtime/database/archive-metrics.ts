import type pg from "pg";
import { Gauge, type Registry } from "prom-client";

/** A scrape must not wait for an unreachable database. */
const QUERY_TIMEOUT_MS = 1_000;

interface ArchiverRow {
  readonly archived: string;
  readonly failed: string;
  /** Seconds since the last segment was archived; null if none was. */
  readonly age: number | null;
  readonly failing: boolean;
}

const QUERY = `
  SELECT archived_count AS archived, failed_count AS failed,
    extract(epoch FROM now() - last_archived_time)::float8 AS age,
    coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false) AS failing
  FROM pg_stat_archiver`;

/** Registers the metrics of the WAL archive, which determines the point that a lost database can be restored to. */
export function watchArchive(metrics: Registry, pool: pg.Pool): void {
  // The gauges of one scrape are collected at once and share one query.
  let pending: Promise<ArchiverRow | undefined> | undefined;
  const current = (): Promise<ArchiverRow | undefined> => {
    pending ??= read(pool).finally(() => {
      pending = undefined;
    });
    return pending;
  };
  const gauge = (name: string, help: string, value: (row: ArchiverRow) => number | null): void => {
    new Gauge({
      name: `keelson_database_log_${name}`,
      help,
      registers: [metrics],
      async collect() {
        const row = await current();
        const now = row && value(row);
        // An outdated value would be misleading: the metric is absent instead.
        if (now === undefined || now === null) this.reset();
        else this.set(now);
      },
    });
  };
  gauge("archived_files", "WAL segments archived since the last reset of the statistics.", (row) =>
    Number(row.archived),
  );
  gauge("archive_failures", "Failed attempts to archive a WAL segment.", (row) => Number(row.failed));
  gauge("age_seconds", "Seconds since the last WAL segment was archived.", (row) => row.age);
  gauge("archive_failing", "1 if the last attempt to archive a WAL segment failed, else 0.", (row) =>
    Number(row.failing),
  );
}

async function read(pool: pg.Pool): Promise<ArchiverRow | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), QUERY_TIMEOUT_MS);
  });
  const row = pool.query<ArchiverRow>(QUERY).then(
    ({ rows }) => rows[0],
    () => undefined,
  );
  return Promise.race([row, timeout]).finally(() => clearTimeout(timer));
}
