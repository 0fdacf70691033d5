"""The versions that tests run with are the versions that are pinned."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import distributions

from tests.conftest import ROOT

PINS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["uv"]["constraint-dependencies"]


def test_installed_versions_are_the_pinned_ones() -> None:
    """Every installed package has a pin, and its version is the pinned one."""
    pinned = dict(pin.split("==") for pin in PINS)
    installed = {re.sub(r"[-_.]+", "-", each.metadata["Name"]).lower(): each.version for each in distributions()}
    ours = {
        name: version
        for name, version in installed.items()
        if name not in {"loyalty-xl", "pip", "setuptools", "wheel", "uv"}
    }
    assert {name: (version, pinned.get(name)) for name, version in ours.items() if pinned.get(name) != version} == {}
