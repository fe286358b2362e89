"""``python -m modelkeep`` is the console script."""

import sys

from modelkeep.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
