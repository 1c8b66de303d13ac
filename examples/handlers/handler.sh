#!/bin/sh
# A handler in shell: hurricane consume --handler-exec 'sh examples/handlers/handler.sh' --queue tasks
# One JSON object per line: messages on stdin, what became of them on stdout. Prints for people go to stderr.
echo '{"t":"ready"}'
while read -r word; do
  id=$(printf '%s' "$word" | sed -n 's/.*"t":"msg","id":\([0-9]*\).*/\1/p')
  [ -n "$id" ] || continue
  attempt=$(printf '%s' "$word" | sed -n 's/.*"attempt":\([0-9]*\).*/\1/p')
  body=$(printf '%s' "$word" | sed -n 's/.*"body64":"\([^"]*\)".*/\1/p' | base64 -d)
  echo "attempt $attempt: $body" >&2
  case $body in
    *'"fail":true'*) echo "{\"id\":$id,\"r\":\"retry\",\"reason\":\"this one fails\"}" ;;
    *) echo "{\"id\":$id,\"r\":\"ack\"}" ;;
  esac
done
