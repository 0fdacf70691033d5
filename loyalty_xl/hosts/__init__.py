"""Where formulas and buttons live: thin adapters over one registry, without any KPI code."""
