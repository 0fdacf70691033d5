"""The bad files reuse generators that stand in other folders of tests."""

from __future__ import annotations

import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / folder) for folder in ("books", "contracts") if str(TESTS / folder) not in sys.path]
