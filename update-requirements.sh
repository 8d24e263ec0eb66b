#!/usr/bin/env bash
# Makes both lock files again from pyproject.toml. For authors only; needs uv.
set -euo pipefail
cd "$(dirname "$0")"
lock() { uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --quiet "$@"; }
lock pyproject.toml --output-file requirements.txt
lock pyproject.toml --extra test --constraint requirements.txt --output-file requirements-test.txt
