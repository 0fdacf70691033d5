"""Rows that measures are columns of: the sheets made ready, and what is derived from them (occasions, customer-turns ...)."""
