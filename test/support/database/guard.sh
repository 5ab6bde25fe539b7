#!/bin/sh
# Runs the command and stops it when standard input is closed. The kernel closes it when the test process exits.
exec 3<&0
"$@" 3<&- </dev/null &
server=$!
(read -r _ <&3; kill -QUIT "$server" 2>/dev/null) &
watcher=$!
exec 3<&-
trap 'kill -INT "$server"' INT
trap 'kill -QUIT "$server"' QUIT
trap 'kill -TERM "$server"' TERM
while :; do
  wait "$server"
  status=$?
  kill -0 "$server" 2>/dev/null || break
done
kill "$watcher" 2>/dev/null
wait "$watcher" 2>/dev/null
exit "$status"
