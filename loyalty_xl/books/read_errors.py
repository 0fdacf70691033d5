"""The sentences with which a file is refused: one function for each code, in both languages."""

from __future__ import annotations

import difflib

from loyalty_xl.errors import ReadError


def empty(name: str) -> ReadError:
    """E101."""
    return ReadError(
        "E101",
        f"{name} 是空文件(0 字节),请向提供部门重新索取。",
        f"{name} is an empty file (0 bytes); ask for it again.",
    )


def damaged(name: str, zh: str, en: str, sheet: str = "", cell: str = "") -> ReadError:
    """E102."""
    where = f" {place(sheet, cell)}" if sheet else ""
    return ReadError(
        "E102",
        f"{name}{where} 已损坏,可能没有复制完整:{zh}。请重新复制,或在 Excel 中打开后另存一次。",
        f"{name}{where} is damaged, perhaps copied incompletely: {en}. Copy it again, or open it in Excel and save it.",
        sheet,
        cell,
    )


def web_page(name: str) -> ReadError:
    """E103."""
    return ReadError(
        "E103",
        f"{name} 其实是网页(HTML),不是工作簿。请在 Excel 中打开,再另存为“Excel 工作簿 (*.xlsx)”。",
        f"{name} is a web page (HTML), not a workbook. Open it in Excel and use Save As, Excel Workbook (*.xlsx).",
    )


def csv_renamed(name: str) -> ReadError:
    """E104."""
    return ReadError(
        "E104",
        f"{name} 其实是文本(CSV),只是改了扩展名。请改回 .csv,或使用 --allow-csv,或在 Excel 中另存为 .xlsx。",
        f"{name} is text (CSV) under a workbook's name. Rename it to .csv, use --allow-csv, or save it as .xlsx.",
    )


def other_file(name: str, zh: str, en: str) -> ReadError:
    """E105."""
    return ReadError(
        "E105",
        f"{name} 不是工作簿,而是{zh}。请提供 .xlsx 文件。",
        f"{name} is not a workbook but {en}. Supply an .xlsx file.",
    )


def password(name: str) -> ReadError:
    """E106."""
    return ReadError(
        "E106",
        f"{name} 有打开密码。请把密码放进环境变量 LOYALTY_XL_PASSWORD(或系统钥匙串),或在 Excel 中取消密码后保存。",
        f"{name} is protected by a password. Put it into the environment variable LOYALTY_XL_PASSWORD (or the"
        " keyring), or remove it in Excel and save.",
    )


def password_of_scorecard(name: str) -> ReadError:
    """E106, for the workbook that is to be filled."""
    return ReadError(
        "E106",
        f"记分卡 {name} 有打开密码,本程序不能填写加密的工作簿。请在 Excel 中取消密码(文件 › 信息 › 保护工作簿)后保存。",
        f"The scorecard {name} is protected by a password, and an encrypted workbook cannot be filled. Remove the"
        " password in Excel (File, Info, Protect Workbook) and save.",
    )


def wrong_password(name: str) -> ReadError:
    """E107."""
    return ReadError(
        "E107",
        f"给出的密码打不开 {name}。请向提供部门核对密码。",
        f"The password given does not open {name}. Ask the department for the right one.",
    )


def encrypted_format(name: str, kind: str) -> ReadError:
    """E108."""
    return ReadError(
        "E108",
        f"{name} 是加密的 {kind} 文件,不支持这种加密。请打开后取消密码,另存为 .xlsx。",
        f"{name} is an encrypted {kind} file, and that encryption is not supported. Remove the password and save it as"
        " .xlsx.",
    )


def format_not_read(name: str, kind: str) -> ReadError:
    """E109."""
    return ReadError(
        "E109",
        f"{name} 是 {kind} 格式,这里不能使用。请在 Excel 或 WPS 中另存为“Excel 工作簿 (*.xlsx)”。",
        f"{name} is in the {kind} format, which cannot be used here. Save it as Excel Workbook (*.xlsx).",
    )


def locked(name: str, owner: str = "") -> ReadError:
    """E111."""
    return ReadError(
        "E111",
        f"没有读取 {name} 的权限,或它被{owner or '其他程序'}独占打开。请关闭后重试,或请管理员授权。",
        f"{name} may not be read: no permission, or {owner or 'another program'} holds it. Close it and try again.",
    )


def owner_file(name: str) -> ReadError:
    """E111."""
    return ReadError(
        "E111",
        f"{name} 是 Excel 打开工作簿时生成的占位文件,没有数据。请选择去掉 ~$ 的文件。",
        f"{name} only marks a workbook that someone has open and holds no data. Choose the file without ~$.",
    )


def not_there(name: str, zh: str, en: str, sheet: str = "") -> ReadError:
    """E112."""
    return ReadError("E112", f"找不到 {name}:{zh}。", f"{name} is not there: {en}.", sheet)


def no_sheet(name: str, sheet: str, known: list[str]) -> ReadError:
    """E112, for a sheet of a file that is there; names those that come nearest."""
    near = difflib.get_close_matches(sheet, known, 3, 0.4) or known[:5]
    return ReadError(
        "E112",
        f"{name} 中没有名为“{sheet}”的工作表,现有:{'、'.join(near) or '无'}。请改正名称。",
        f"{name} has no sheet '{sheet}'; it has {', '.join(near) or 'none'}. Correct the name.",
        sheet,
    )


def twin_parts(name: str, part: str) -> ReadError:
    """E113."""
    return ReadError(
        "E113",
        f"{name} 内部有重名或越界的部件({part}),不同程序会读出不同内容。请在 Excel 中打开后另存一次。",
        f"{name} holds a part name twice, or one that leaves the package ({part}), so programs would read different"
        " things. Open it in Excel and save it once.",
    )


def inflated(name: str, zh: str, en: str) -> ReadError:
    """E120."""
    return ReadError(
        "E120",
        f"{name} 解压后过大:{zh}。如确属正常数据,请在参数中放宽限制。",
        f"{name} would grow too far when unpacked: {en}. If the data is genuine, raise the limit in the settings.",
    )


def entity(name: str, part: str) -> ReadError:
    """E121."""
    return ReadError(
        "E121",
        f"{name} 的部件 {part} 含有 DTD 或实体定义,工作簿不需要这些,出于安全拒绝读取。",
        f"{name} declares a DTD or entities in {part}; no workbook needs them, so it is refused for safety.",
    )


def far_range(name: str, sheet: str, cell: str) -> ReadError:
    """E122."""
    return ReadError(
        "E122",
        f"{name} 的工作表“{sheet}”使用区域远大于数据(直到 {cell})。请删除数据之外的行列后保存。",
        f"Sheet '{sheet}' of {name} uses a range far beyond its data (to {cell}). Delete what lies beyond.",
        sheet,
        cell,
    )


def too_much(name: str, zh: str, en: str) -> ReadError:
    """E123."""
    return ReadError(
        "E123",
        f"{name} 超出读取限制:{zh}。请拆分文件,或在参数中放宽限制。",
        f"{name} is beyond the reading limits: {en}. Split the file, or raise the limit in the settings.",
    )


def place(sheet: str, cell: str) -> str:
    """Give an address that can be pasted into Excel."""
    quoted = "'" + sheet.replace("'", "''") + "'"
    return f"{quoted}!{cell}" if cell else quoted
