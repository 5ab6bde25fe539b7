/**
 * The server's `archive_command`: requests the archiving of one finished log segment and waits for the result. It needs
 * only a POSIX shell and writes only to the hand-over directory. It succeeds only after the archiver has stored the
 * segment durably in the repository; without an archiver it fails, and the server keeps the segment and retries.
 * Arguments: the hand-over directory, the segment's name. The file `stopping` is created when Keelson has exited.
 */
export const archiveScript = `#!/bin/sh
request="$1/$2"
rm -f "$request.done" "$request.failed"
: > "$request.request" || exit 1
waited=0
# The archiver works ahead: it answers most requests within milliseconds.
pause=0.01
while [ "$waited" -lt 1200 ]; do
  if [ -f "$request.done" ]; then
    rm -f "$request.done"
    exit 0
  fi
  if [ -f "$request.failed" ]; then
    cat "$request.failed" >&2
    rm -f "$request.failed"
    exit 1
  fi
  if [ -f "$1/stopping" ]; then
    echo "the platform has stopped" >&2
    exit 1
  fi
  sleep "$pause"
  [ "$waited" -lt 10 ] || pause=0.05
  waited=$((waited + 1))
done
rm -f "$request.request"
echo "no archiver responded within 60 s" >&2
exit 1
`;

/** The `archive_command` that runs the script; both paths are quoted for the shell. */
export function archiveCommand(script: string, handover: string): string {
  return `sh ${quote(script)} ${quote(handover)} %f`;
}

function quote(path: string): string {
  // The server interprets a percent sign as the start of a placeholder.
  return `'${path.replaceAll("'", `'\\''`).replaceAll("%", "%%")}'`;
}
