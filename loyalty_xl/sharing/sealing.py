"""Sealing: a workbook under a password, as Excel itself encrypts one."""

from __future__ import annotations

import io

from loyalty_xl.errors import WriteError


def seal(data: bytes, password: str) -> bytes:
    """Encrypt a workbook (ECMA-376 agile, AES-256).

    What comes out is opened once before it is given away, so that nobody gets a file that cannot be opened. The salt is
    drawn anew each time: two seals of the same workbook differ.

    Parameters
    ----------
    data
        The workbook, of 4 kB at least.
    password
        Not empty; it is kept nowhere and is in no message.
    """
    import msoffcrypto
    from msoffcrypto.method.ecma376_agile import ECMA376Agile

    if not password:
        raise ValueError("a seal needs a password")
    sealed: bytes = ECMA376Agile.encrypt(password, io.BytesIO(data))
    opened = io.BytesIO()
    try:
        office = msoffcrypto.OfficeFile(io.BytesIO(sealed))
        office.load_key(password=password)
        office.decrypt(opened)
    except Exception:  # noqa: BLE001 (whatever stands in the way; its text might hold anything)
        opened = io.BytesIO()
    if opened.getvalue() != data:
        raise WriteError(
            "E404",
            "加密后的工作簿打不开,没有保存。请换一个密码再试。",
            "The workbook could not be opened after it was encrypted, so it was not kept. Try another password.",
        )
    return sealed


__all__ = ["seal"]
