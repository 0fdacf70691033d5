"""Takes what names a person out of free text: numbers to call, addresses to write to, papers, accounts, names.

Works on the text alone, so it takes out too much rather than too little; a text without anything personal stays as it is.
"""

from __future__ import annotations

import re

MASK = "***"

NUMERALS = dict(
    zip("〇零一二三四五六七八九幺壹贰叁肆伍陆柒捌玖", "001234567891123456789", strict=True)
)  # Chinese digits, as numbers are dictated
GAP = r"[ \t\u00a0\u3000\u200b-\u200d\-‐-―.·_()（）]"  # what people put between the digits of a number
_DIGIT = rf"[\d{''.join(NUMERALS)}]"  # \d holds full-width digits and those of other scripts
_BETWEEN = rf"{GAP}{{0,2}}"
_DAY = r"(?<!\d)(?:19|20)\d\d(?:-\d{1,2}-\d{1,2}|\.\d{1,2}\.\d{1,2})(?![\d-])"  # a date is no telephone number
_NUMBER = re.compile(
    rf"(?P<day>{_DAY})|\+?{_DIGIT}(?:{_BETWEEN}{_DIGIT}){{6,}}[Xx]?"
)  # telephone, ID or bank card, order
EMAIL = re.compile(
    r"[A-Za-z0-9Ａ-Ｚａ-ｚ０-９._%+\-]+\s?[@＠]\s?[A-Za-z0-9Ａ-Ｚａ-ｚ０-９\-]+(?:[.．。][A-Za-z0-9Ａ-Ｚａ-ｚ０-９\-]+)+"
)
_ACCOUNT = re.compile(
    r"((?:微信|薇信|威信|[vV][信xX]|(?<![A-Za-z])[wW][xX]|[wW]e[cC]hat|[qQ]{2}|扣扣)\s*)"
    r"((?:号码?|群号?|ID|[iI]d|账号)?\s*(?:是|为|is\b)?\s*[:：]?\s*)(?P<account>[A-Za-z0-9][\w\-]{4,19})",
    re.ASCII,
)
_WXID = re.compile(r"(?<![A-Za-z0-9])wxid_\w+", re.ASCII)

_HAN = r"[\u3400-\u9fff·]"
_DOUBLE = "欧阳|司马|上官|诸葛|东方|皇甫|尉迟|公孙|令狐|慕容"
_SURNAMES = (
    "[王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊"
    "金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦向柳邢路岳齐沿梅莫庄辛管祝左涂谷祁"
    "时舒耿牟卜詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍覃霍翁隋植甘景薄单包司柏宁柯阮桂闵解强柴华车冉房边]"
)
_TITLED = re.compile(rf"({_HAN}{{1,4}})(先生|女士|小姐|太太)|({_HAN}{{1,4}})(老师|师傅|经理|阿姨|大姐|大哥)")
_DOUBLE_NAME = re.compile(rf"(?:{_DOUBLE}){_HAN}{{0,2}}")
_GIVEN = re.compile(rf"(?:{_SURNAMES}){_HAN}{{0,2}}")
_FAMILY = re.compile(rf"(?![向于时成单包解常关强边方万段安])(?:{_SURNAMES})")
_INTRODUCED = re.compile(
    r"((?:我叫|我姓|我的名字(?:叫|是)|名字叫|姓名\s*(?:是|为)?\s*[:：]?|联系人\s*(?:是|为)?\s*[:：]?|收件人\s*(?:是|为)?\s*[:：]?|本人叫)\s*)"
    rf"(?![了你您他她车过做的]){_HAN}{{1,3}}"
)
_ENGLISH_NAME = re.compile(
    r"(\b(?:[Mm]r|[Mm]rs|[Mm]s|[Mm]iss|[Dd]r)\b\.?\s+|\b(?:[Mm]y name is|[Tt]his is [Mm]r\.?)\s+)[A-Z][A-Za-z'\-]*(?:\s[A-Z][A-Za-z'\-]*){0,2}"
)


def mask(text: str) -> str:
    """Put *** in the place of what names a person.

    Parameters
    ----------
    text
        What somebody wrote.

    Returns
    -------
    str
        The same text without e-mail addresses, WeChat and QQ accounts, runs of seven or more digits (telephone, identity card, bank card; blanks, hyphens,
        dots and brackets between them do not help, nor do Chinese numerals), and names that a word such as 我叫, 先生, 女士, Mr announces.

    Examples
    --------
    >>> mask("我叫王小明，电话 138-0013 8000，微信号：wang_xm88，东西很真")
    '我叫***，电话 ***，微信号：***，东西很真'
    >>> mask("2026-07-01 买的瓷瓶，李先生讲解很专业，1280元")
    '2026-07-01 买的瓷瓶，***先生讲解很专业，1280元'
    """
    text = EMAIL.sub(MASK, text)
    text = _WXID.sub(MASK, text)
    text = _ACCOUNT.sub(_account, text)
    text = _NUMBER.sub(lambda found: found["day"] or MASK, text)
    text = _INTRODUCED.sub(rf"\g<1>{MASK}", text)
    text = _ENGLISH_NAME.sub(rf"\g<1>{MASK}", text)
    return _TITLED.sub(_titled, text)


def like_a_name(text: str) -> bool:
    """Whether *text* could be the name of a Chinese person: a family name and one or two characters.

    >>> like_a_name("王小明"), like_a_name("欧阳静"), like_a_name("客服一组"), like_a_name("王")
    (True, True, False, False)
    """
    return len(text) > 1 and any(shape.fullmatch(text) for shape in (_GIVEN, _DOUBLE_NAME))


def _account(found: re.Match[str]) -> str:
    """Mask what follows the name of a messenger, where it is announced or does not look like a word."""
    announced = found[2].strip() or re.search(r"[\d_\-]", found["account"])
    return f"{found[1]}{found[2]}{MASK}" if announced else found[0]


def _titled(found: re.Match[str]) -> str:
    """Mask the name before a title: the shortest that begins with a family name."""
    before, title = found[1] or found[3], found[2] or found[4]
    shape = _GIVEN if found[2] else _FAMILY
    for each in (_DOUBLE_NAME, shape):
        for length in range(1, len(before) + 1):
            if each.fullmatch(before[-length:]):
                return f"{before[:-length]}{MASK}{title}"
    return found[0]
