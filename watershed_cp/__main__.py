"""``python -m watershed_cp`` is ``watershed-cp``."""

import sys

from watershed_cp.cli import main

if __name__ == "__main__":
    sys.exit(main())
