#!/bin/sh
# A program per message: hurricane consume --handler-once 'sh examples/handlers/once.sh' --queue tasks
# The body is on stdin, the rest in HURRICANE_MESSAGE; 0 is done, 3 drop, 5 dead letter, 6 back into the queue,
# everything else is tried again.
body=$(cat)
attempt=$(printf '%s' "$HURRICANE_MESSAGE" | sed -n 's/.*"attempt":\([0-9]*\).*/\1/p')
echo "attempt $attempt: $body"
case $body in
  *'"fail":true'*)
    echo 'this one fails' >&2
    exit 1
    ;;
esac
