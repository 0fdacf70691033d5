"""What people look at: the pages of the workbook and the template they come from."""
