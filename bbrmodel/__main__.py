"""`python -m bbrmodel`."""

import sys

from bbrmodel.cli.main import main

sys.exit(main())
