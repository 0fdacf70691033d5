"""Sharing: the scorecard as new files that carry no customer data, and as mail.

`card` is what goes out, before anything is drawn: `collecting` makes it of a run, `suppression` takes out of it what stands for too
few customers. `workbook`, `pictures`, `page` (HTML and its plain twin) draw it; `gate` searches what was drawn for personal data;
`drafts` and `sending` make mail of it, `ledger` remembers what was shared and sent.
"""
