#!/bin/sh
# Runs a script with the Node 26 that `npm ci` brought along, whatever Node is first on PATH.
# Says in one sentence what is missing when that cannot work.
set -eu

cd "$(dirname "$0")/.."
bundled=node_modules/.bin/node

fail() {
  echo "hurricane: $1" >&2
  exit 1
}

# Node 26 links libatomic, which slim images and small machines lack.
install_libatomic() {
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    fail 'Node 26 needs libatomic.so.1: install it (Debian: apt-get install libatomic1, Fedora: dnf install libatomic).'
  fi
  echo 'hurricane: Node 26 needs libatomic.so.1: installing libatomic1 with apt-get.' >&2
  { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y libatomic1; } >&2 ||
    fail 'apt-get could not install libatomic1: install it by hand and try again.'
}

[ -d node_modules ] || fail 'node_modules is missing: run `npm ci` first.'

if [ -x "$bundled" ]; then
  if ! problem=$("$bundled" --version 2>&1); then
    case "$problem" in
      *libatomic.so.1*) install_libatomic ;;
      *) fail "the Node 26 in node_modules does not start here ($problem): put a Node 26 first on PATH and remove $bundled." ;;
    esac
  fi
  PATH="$PWD/node_modules/.bin:$PATH" exec "$bundled" "$@"
fi

case "$(node --version 2>/dev/null || true)" in
  v26.*) exec node "$@" ;;
  '') fail "no Node 26 comes with npm for $(uname -sm): install Node 26 and put it first on PATH." ;;
  *) fail "no Node 26 comes with npm for $(uname -sm), and $(node --version) on PATH is not it: put Node 26 first." ;;
esac
