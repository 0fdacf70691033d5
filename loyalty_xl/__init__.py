"""The customer-loyalty scorecard that lives in the workbook finance already uses."""

__version__ = "0.1.0"
