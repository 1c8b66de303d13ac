# Runs the program in its arguments and, when $GATE opens, starts others without end, none of which heeds
# SIGTERM; each is an orphan at once, and those of it are again.
trap '' TERM
"$@" &
$GATE
while :; do
  (sh -c 'sleep 0.3; sleep 0.3 & sleep 0.1 &' &)
done
