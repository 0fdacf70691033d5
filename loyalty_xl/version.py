"""The version of loyalty_xl."""

__version__ = "0.1.0"
