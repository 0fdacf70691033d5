"""LibreOffice Calc as host: an extension of its own Python that asks a worker of ours."""
