#!/bin/sh
# Brings this clone to where it runs: uv (private to the clone where it is missing), Python 3.11, the locked dependencies
# with compiled bytecode. No root, no Docker; nothing outside the clone is changed.
set -eu
cd "$(dirname "$0")/.."

fail() { # sentence, remedy
  printf 'error: %s\n\nhint: %s\n' "$1" "$2" >&2
  exit 1
}

system=$(uname -s) machine=$(uname -m)
[ "$system" = Linux ] && [ "$machine" = x86_64 ] ||
  fail "Graduate's pipeline runs on x86-64 Linux; this is $system on $machine" \
    "TFX has no wheels for other systems: use an x86-64 Linux machine, a virtual machine or a container"
glibc=$(getconf GNU_LIBC_VERSION 2>/dev/null | cut -d' ' -f2)
[ -n "$glibc" ] || fail "this system has no glibc (Alpine?)" "use a distribution with glibc 2.34 or newer: Debian, Ubuntu, Fedora, RHEL"
[ "$(printf '2.34\n%s\n' "$glibc" | sort -V | head -n 1)" = 2.34 ] ||
  fail "glibc $glibc is too old, 2.34 is needed" "use Debian 12, Ubuntu 22.04, RHEL 9 or newer"

# Bytecode is the largest saving of start-up time; a setting meant for images would switch it off.
unset PYTHONDONTWRITEBYTECODE VIRTUAL_ENV || true
uv_wanted=0.7
is_recent() { [ "$(printf '%s\n%s\n' "$uv_wanted" "$("$1" --version 2>/dev/null | cut -d' ' -f2)" | sort -V | head -n 1)" = "$uv_wanted" ]; }

python=
for candidate in python3.11 python3 python3.12 python3.13 python3.10; do
  if command -v "$candidate" >/dev/null 2>&1 && "$candidate" -c 'import sys' 2>/dev/null; then python=$candidate; break; fi
done

if command -v uv >/dev/null 2>&1 && is_recent uv; then
  uv=uv
elif [ -x .bootstrap/bin/uv ] && is_recent .bootstrap/bin/uv; then
  uv=.bootstrap/bin/uv
else
  [ -n "$python" ] || fail "no Python was found" "install Python 3.11 (Debian 12: apt install python3 python3-venv) or uv, then run the same command"
  echo "setup: bringing uv into .bootstrap/" >&2
  rm -rf .bootstrap
  "$python" -m venv .bootstrap >/dev/null 2>&1 ||
    fail "$python cannot make a virtual environment" "install its venv module (Debian, Ubuntu: apt install python3-venv) or uv, then run the same command"
  .bootstrap/bin/python -m pip install --quiet --disable-pip-version-check 'uv>=0.7,<1' ||
    fail "uv could not be installed" "check that pip reaches its package index, or install uv by hand, then run the same command"
  uv=.bootstrap/bin/uv
fi

wanted=$(cat .python-version)
if ! "$uv" python find "$wanted" >/dev/null 2>&1; then
  echo "setup: Python $wanted is missing, uv fetches it" >&2
  "$uv" python install "$wanted" >/dev/null 2>&1 ||
    fail "Python $wanted is missing and uv cannot fetch it from here" "install Python $wanted (Debian 12: apt install python3.11; Ubuntu: the deadsnakes archive; or pyenv), then run the same command"
fi

echo "setup: installing the locked dependencies into .venv/ (3 GB; half a minute from a warm cache)" >&2
"$uv" sync --frozen --quiet --python "$wanted" ||
  fail "the locked dependencies could not be installed" "see uv's message above; with a full disk, free 4 GB and run the same command"
.venv/bin/python -m compileall -q graduate/*.py graduate/training pipeline components >/dev/null
touch .venv/.ready
