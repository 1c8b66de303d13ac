#!/bin/sh
# Debian's cron ends at once on SIGTERM and forgets its jobs, each of which is a session of its own. This
# waits for those that hold the lock.
trap 'kill "$cron"; flock /run/jobs.lock true; exit 0' TERM
cron -f &
cron=$!
wait "$cron"
