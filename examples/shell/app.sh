#!/bin/sh
# The example app as a shell script: socat accepts, and runs this file once per connection.
# The contract, and what a script cannot do, are in examples/README.md.

set -u

answer() { # status, file
  printf 'HTTP/1.1 %s\r\nContent-Type: text/plain; charset=utf-8\r\n' "$1"
  printf 'Content-Length: %s\r\nConnection: close\r\n\r\n' "$(wc -c <"$2")"
  [ "$method" = HEAD ] || cat "$2"
}

say() { # text
  printf '%s\n' "$1" >"$own"
  answer '200 OK' "$own"
}

not_found() {
  echo 'not found' >"$own"
  answer '404 Not Found' "$own"
}

parameter() { # name, default
  value=$(printf '%s' "$query" | tr '&' '\n' | sed -n "s/^$1=//p" | head -n 1)
  printf '%s' "${value:-$2}"
}

sleep_ms() { sleep "$(awk "BEGIN { print $1 / 1000 }")"; }

# The request's head, as it came, is kept in $own; its body stays unread on stdin.
read_head() {
  cr=$(printf '\r')
  length=0
  IFS= read -r line || exit 0
  line=${line%"$cr"}
  method=${line%% *}
  target=${line#* }
  target=${target% *}
  printf '%s %s\n' "$method" "$target" >"$own"
  while IFS= read -r line && line=${line%"$cr"} && [ -n "$line" ]; do
    printf '%s\n' "$line" >>"$own"
    case "$line" in
      [Cc]ontent-[Ll]ength:*) length=$(printf '%s' "${line#*:}" | tr -d ' ') ;;
    esac
  done
  echo >>"$own"
  path=${target%%\?*}
  query=${target#"$path"}
  query=${query#\?}
}

stream() {
  printf 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n'
  i=1
  while [ "$i" -le "$(parameter n 5)" ]; do
    printf 'data: %s\n\n' "$i"
    sleep_ms "$(parameter ms 100)"
    i=$((i + 1))
  done
}

env_variables() {
  name=$(parameter name '')
  if [ -z "$name" ]; then
    env >"$own"
    answer '200 OK' "$own"
  elif value=$(printenv "$name"); then
    say "$value"
  else
    not_found
  fi
}

serve_one() {
  own=$STATE/$$
  trap 'rm -f "$own"' EXIT
  read_head
  [ "$path" = /count ] || printf . >>"$STATE/count"
  case "$path" in
    /) say 'Hello from a shell script' ;;
    /slow)
      sleep_ms "$(parameter ms 1000)"
      say "slept $(parameter ms 1000) ms"
      ;;
    /echo)
      head -c "$length" >>"$own"
      answer '200 OK' "$own"
      ;;
    /env) env_variables ;;
    /pid) say "$APP_PID" ;;
    /stream) stream ;;
    /crash)
      parameter code 1 >"$STATE/code"
      kill -USR1 "$APP_PID"
      ;;
    /file) answer '200 OK' "$APP_FILE" ;;
    /count) say "$(wc -c <"$STATE/count")" ;;
    *) not_found ;;
  esac
}

listen() {
  [ -z "${FAIL_START:-}" ] || exit "$FAIL_START"
  sleep_ms "${START_DELAY_MS:-0}"
  STATE=$(mktemp -d)
  APP_PID=$$
  APP_FILE=$0
  export STATE APP_PID APP_FILE
  : >"$STATE/count"
  trap 'kill "$socat"; rm -rf "$STATE"' EXIT
  trap 'exit "$(cat "$STATE/code")"' USR1
  if [ -n "${IGNORE_TERM:-}" ]; then trap '' TERM; else trap 'exit 143' TERM; fi
  socat "TCP-LISTEN:${PORT:-8080},bind=127.0.0.1,fork,reuseaddr,backlog=1024" EXEC:"sh $0 --serve-one" &
  socat=$!
  echo "listening on 127.0.0.1:${PORT:-8080}"
  wait "$socat"
}

if [ "${1:-}" = --serve-one ]; then serve_one; else listen; fi
