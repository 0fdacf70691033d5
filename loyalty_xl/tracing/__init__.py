"""Where a figure comes from: the rows behind a result, what each brings, and the rows that were left out."""
