"""Shares the scorecard: new files for other people, and mail."""
