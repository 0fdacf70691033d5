"""Fields and spellings that several departments share."""

from __future__ import annotations

from dataclasses import replace

from loyalty_xl.contracts.contract import Field, Type

CUSTOMER_ID = Field(
    "customer_id",
    Type.ID,
    "客户编号",
    (
        "客户ID",
        "客户号",
        "客户代码",
        "会员号",
        "会员编号",
        "会员ID",
        "顾客编号",
        "customer",
        "customer no",
        "customer number",
        "cust id",
        "client id",
        "member id",
        "member no",
        "account id",
        "buyer id",
    ),
    usual=True,
    en="who: the customer's number, as text, leading zeros kept",
    zh_note="客户的编号，按文本填写，保留前导零",
)

REGION_ID = Field(
    "region_id",
    Type.ID,
    "地区",
    ("区域", "地区编号", "区域编号", "省份", "省", "大区", "region", "region code", "province", "area", "country"),
    en="region, a code of the Regions sheet",
    zh_note="地区编号，见“区域”表",
)

PRODUCT_ID = Field(
    "product_id",
    Type.ID,
    "商品编号",
    (
        "货号",
        "产品编号",
        "商品编码",
        "产品编码",
        "产品代码",
        "商品ID",
        "SKU",
        "product",
        "product code",
        "stock code",
        "item id",
        "item no",
        "item number",
        "lineitem sku",
    ),
    en="product, a number of the Products sheet",
    zh_note="商品编号，见“产品”表",
)

IMPUTED = (
    Field(
        "is_imputed",
        Type.BOOL,
        "是否补录",
        ("是否推测", "补录", "推测", "是否补充", "imputed"),
        en="the row was reconstructed, not observed",
        zh_note="该行为事后推测补充，而非原始记录",
        default="no",
    ),
    Field(
        "imputation_ref",
        Type.ID,
        "修正登记号",
        ("补录登记号", "修正编号", "补录依据", "imputation reference", "correction ref"),
        en="reference in DataCorrections",
        zh_note="“数据修正登记”表中的编号",
    ),
)

CHANNELS: dict[str, tuple[str, ...]] = {
    "sms": ("短信", "手机短信", "text message"),
    "email": ("邮件", "电子邮件", "邮箱", "e-mail", "mail"),
    "wechat": ("微信", "公众号", "企业微信", "小程序", "weixin"),
    "phone": ("电话", "来电", "热线", "telephone", "call", "hotline"),
    "in_store": ("门店", "到店", "店内", "线下", "store", "in store", "shop"),
    "web": ("官网", "网站", "网页", "线上", "在线", "website", "online"),
    "partner": ("合作平台", "第三方", "合作方", "partner platform", "third party"),
}

CURRENCIES: dict[str, tuple[str, ...]] = {
    "CNY": ("RMB", "人民币", "元", "￥", "¥", "人民币元"),
    "USD": ("美元", "美金", "US$", "$", "dollar"),
    "EUR": ("欧元", "€", "euro"),
    "GBP": ("英镑", "£", "pound"),
    "JPY": ("日元", "日圆", "yen"),
    "HKD": ("港币", "港元", "HK$"),
    "TWD": ("新台币", "台币", "NT$", "NTD"),
    "MOP": ("澳门元", "澳门币"),
    "SGD": ("新加坡元", "新币", "S$"),
    "KRW": ("韩元", "韩币", "₩"),
    "AUD": ("澳元", "澳大利亚元", "A$"),
    "CAD": ("加元", "加拿大元", "C$"),
    "CHF": ("瑞士法郎",),
    "NZD": ("新西兰元",),
    "THB": ("泰铢", "฿"),
    "MYR": ("林吉特", "马币"),
    "VND": ("越南盾", "₫"),
    "IDR": ("印尼盾",),
    "PHP": ("菲律宾比索",),
    "INR": ("印度卢比", "卢比", "₹"),
    "RUB": ("卢布", "俄罗斯卢布", "₽"),
    "SEK": ("瑞典克朗",),
    "NOK": ("挪威克朗",),
    "DKK": ("丹麦克朗",),
    "AED": ("阿联酋迪拉姆", "迪拉姆"),
    "BRL": ("巴西雷亚尔", "R$"),
    "ZAR": ("南非兰特",),
}


def like(field: Field, **changes: object) -> Field:
    """Give a shared field with some of its properties changed."""
    return replace(field, **changes)  # type: ignore[arg-type]
