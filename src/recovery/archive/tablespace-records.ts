import { KeelsonError } from "../../errors/keelson-error.js";
import { crc32c } from "./crc32c.js";
import { dataOf, infoOf, managerOf, RECORD_HEADER_BYTES, type RecordPart, walReader } from "./wal-records.js";

/** The resource manager of tablespaces (`RM_TBLSPC_ID`), and its record of `CREATE TABLESPACE`, as in `commands/tablespace.h`. */
const TABLESPACE = 5;
const CREATE = 0x00;
/** Flags of `xl_info` that do not belong to the resource manager (`XLR_INFO_MASK`). */
const SHARED_FLAGS = 0x0f;
/** Offset of `xl_crc` in the header of a record; the checksum covers the data and then the header up to here. */
const CRC_OFFSET = 20;
/** The data: the object id of the tablespace (`ts_id`), and its path, which ends with a zero byte (`ts_path`). */
const PATH_OFFSET = 4;

/** A `CREATE TABLESPACE` in the WAL, and how its record must change. */
export interface TablespaceCreation {
  /** The directory outside the data directory. */
  readonly location: string;
  /** The record with an empty path and a valid checksum: the server then creates the tablespace within its data directory. */
  readonly contained: readonly RecordPart[];
}

export interface TablespaceReader {
  /** Reads the next segment. Returns the tablespaces that it creates outside the data directory. Throws `log/format`. */
  read(position: bigint, content: Buffer): readonly TablespaceCreation[];
}

/** Reads segments in replay order. `from`: see `walReader`. */
export function tablespaceReader(from: bigint): TablespaceReader {
  let found: TablespaceCreation[] = [];
  let current = 0n;
  const reader = walReader((bytes, at, parts) => {
    if (managerOf(bytes, at) !== TABLESPACE || (infoOf(bytes, at) & ~SHARED_FLAGS) !== CREATE) return;
    const record = Buffer.from(bytes.subarray(at, at + bytes.readUInt32LE(at)));
    const path = dataOf(record, RECORD_HEADER_BYTES) + PATH_OFFSET;
    const location = record.toString("utf8", path, Math.max(path, record.indexOf(0, path)));
    if (location === "") return;
    if (checksumOf(record) !== record.readUInt32LE(CRC_OFFSET))
      throw new KeelsonError("log/damaged", `the WAL record that creates the tablespace ${location} is damaged`);
    record.writeUInt8(0, path);
    record.writeUInt32LE(checksumOf(record), CRC_OFFSET);
    const places = parts ?? [{ position: current, offset: at, bytes: record }];
    found.push({ location, contained: divided(record, places) });
  }, from);
  return {
    read(position, content) {
      found = [];
      current = position;
      reader.read(position, content);
      return found;
    },
  };
}

function checksumOf(record: Buffer): number {
  return crc32c(record.subarray(RECORD_HEADER_BYTES), record.subarray(0, CRC_OFFSET));
}

/** The bytes of a record at the places where its parts lie. */
function divided(record: Buffer, places: readonly RecordPart[]): RecordPart[] {
  let done = 0;
  return places.map(({ position, offset, bytes }) => {
    const start = done;
    done += bytes.length;
    return { position, offset, bytes: record.subarray(start, done) };
  });
}
