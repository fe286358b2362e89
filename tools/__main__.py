"""``python -m tools``: renew every generated file and print the names of those that were out of date."""

from __future__ import annotations

import sys

from tools import generated_files, schema_sql


def main() -> int:
    """Check the migration scripts, then renew the generated files; 1 where the scripts are wrong."""
    problem = schema_sql.problem()
    if problem:
        print(problem, file=sys.stderr)
    for name in generated_files.renew():
        print(f"renewed {name}")
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main())
