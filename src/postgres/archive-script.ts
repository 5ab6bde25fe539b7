/**
 * The server's `archive_command`: asks the platform to store one finished log segment and waits for its word. It needs
 * nothing but a POSIX shell and writes only below the hand-over directory. It succeeds only after the archiver has
 * said that the segment is safe in the repository; without an archiver it fails, and the server keeps the segment and
 * asks again. Arguments: the hand-over directory, the segment's name.
 */
export const archiveScript = `#!/bin/sh
request="$1/$2"
rm -f "$request.done" "$request.failed"
: > "$request.request" || exit 1
waited=0
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
  if [ -f "$1/gone" ]; then
    echo "the platform is gone" >&2
    exit 1
  fi
  sleep 0.05
  waited=$((waited + 1))
done
rm -f "$request.request"
echo "no archiver answered within 60 s" >&2
exit 1
`;

/** The `archive_command` that runs the script; both paths are Keelson's own and quoted for the shell. */
export function archiveCommand(script: string, handover: string): string {
  return `sh ${quote(script)} ${quote(handover)} %f`;
}

function quote(path: string): string {
  // A percent sign would be read by the server as the start of a placeholder.
  return `'${path.replaceAll("'", `'\\''`).replaceAll("%", "%%")}'`;
}
