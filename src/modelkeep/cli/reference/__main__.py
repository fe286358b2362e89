"""``python -m modelkeep.cli.reference``: renew all generated files, and say which were not up to date."""

from __future__ import annotations

import os
import subprocess
import sys

from modelkeep.cli.reference import files


def main() -> int:
    """Renew the files of this checkout; the schema's script first, by its own program."""
    if not os.path.isfile(os.path.join(files.ROOT, "pyproject.toml")):
        print(f"there is no checkout at {files.ROOT}", file=sys.stderr)
        return 2
    # a process of its own: the command line does not know the store
    code = subprocess.run([sys.executable, "-m", "modelkeep.store.db.generate"], check=False).returncode
    for name in files.renew():
        print(f"renewed {name}")
    return code


if __name__ == "__main__":
    sys.exit(main())
