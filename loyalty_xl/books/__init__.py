"""Books: reading department sheets, and changing a user's workbook without losing anything of it."""
