"""Excel on Windows, through the free part of xlwings: worksheet functions over COM, an add-in, a macro workbook."""
