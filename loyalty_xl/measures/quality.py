"""How good the sheets themselves are."""

from __future__ import annotations

from loyalty_xl.catalogue import measure
from loyalty_xl.rows.quality import DELIVERED, HELD

rows_received = measure("rows_received", DELIVERED, lambda row, _: row.rows)
required_cells = measure("required_cells", DELIVERED, lambda row, _: row.required_cells)
filled_cells = measure("filled_cells", DELIVERED, lambda row, _: row.filled_cells)
rows_passing = measure("rows_passing", DELIVERED, lambda row, _: row.passing)
rows_distinct = measure("rows_distinct", DELIVERED, lambda row, _: row.distinct)
rows_imputed = measure("rows_imputed", DELIVERED, lambda row, _: row.imputed)

answers_held = measure("answers_held", HELD, lambda row, _: row.held)
answers_lawful = measure("answers_lawful", HELD, lambda row, _: row.lawful)
