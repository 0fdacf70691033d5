"""What customers do for the brand: whom they recommend it to, and how they stay in touch with it."""

from __future__ import annotations

from loyalty_xl.contracts.contract import Contract, Field, Type
from loyalty_xl.contracts.shared import CUSTOMER_ID, IMPUTED

REFERRALS = Contract(
    "Referrals",
    "推荐记录",
    "marketing",
    (
        Field(
            "referral_id",
            Type.ID,
            "推荐编号",
            ("推荐记录编号", "推荐ID", "转介绍编号", "referral", "referral no"),
            usual=True,
            unique=True,
            en="number of the referral, each once",
            zh_note="推荐记录的编号，不重复",
        ),
        Field(
            "referrer_id",
            Type.ID,
            "推荐人",
            (
                "推荐人编号",
                "介绍人",
                "介绍人编号",
                "推荐客户编号",
                "老客户编号",
                "referrer",
                "referred by",
                "referring customer",
            ),
            usual=True,
            required=True,
            en="customer who recommended us",
            zh_note="推荐我们的客户的编号",
        ),
        Field(
            "referee_id",
            Type.ID,
            "被推荐人编号",
            ("被推荐人", "被推荐客户编号", "被介绍人", "被介绍人编号", "新客户编号", "referee", "referred customer"),
            en="customer number of the person recommended to; blank while there is none",
            zh_note="被推荐人的客户编号；还没有编号时留空",
        ),
        Field(
            "referee_name",
            Type.STR,
            "被推荐人姓名",
            ("被介绍人姓名", "新客户姓名", "name of referee"),
            personal=True,
            en="name of the person recommended to",
            zh_note="被推荐人的姓名",
        ),
        Field(
            "referred_on",
            Type.DATE,
            "推荐日期",
            ("推荐时间", "介绍日期", "介绍时间", "referral date", "date of referral"),
            usual=True,
            required=True,
            en="day of the recommendation",
            zh_note="推荐的日期",
        ),
        Field(
            "status",
            Type.CAT,
            "状态",
            ("推荐状态", "referral status"),
            choices={
                "invited": ("已邀请", "邀请", "已推荐", "pending"),
                "registered": ("已注册", "注册", "已建档"),
                "purchased": ("已购买", "购买", "已成交", "成交", "converted"),
                "invalid": ("无效", "作废", "已取消", "void"),
            },
            en="how far it came; a purchase counts when Orders shows it",
            zh_note="进展；是否购买以订单为准",
        ),
        Field(
            "first_order_id",
            Type.ID,
            "首单号",
            ("首单编号", "首个订单号", "首次订单号", "first order", "first order no"),
            en="first order of the person recommended to",
            zh_note="被推荐人首个订单的编号",
        ),
        *IMPUTED,
    ),
    key=("referral_id",),
    date="referred_on",
    en="one row for each recommendation that a customer made",
    zh_note="客户的每次推荐一行",
)

BRAND_ENGAGEMENT = Contract(
    "BrandEngagement",
    "品牌互动",
    "marketing",
    (
        CUSTOMER_ID,
        Field(
            "occurred_on",
            Type.DATE,
            "互动日期",
            ("日期", "时间", "互动时间", "发生日期", "date", "occurred", "engaged on"),
            usual=True,
            required=True,
            en="day on which it happened",
            zh_note="发生的日期",
        ),
        Field(
            "type",
            Type.CAT,
            "互动类型",
            ("类型", "互动方式", "engagement type", "kind"),
            usual=True,
            required=True,
            choices={
                "follow": ("关注", "订阅", "加粉", "subscribe"),
                "unfollow": ("取关", "取消关注", "退订", "unsubscribe"),
                "event": ("参加活动", "活动", "参与活动", "到场", "attended event"),
                "content": ("阅读", "内容", "阅读内容", "点赞", "转发", "read"),
                "community": ("社群", "入群", "顾问团", "客户委员会", "advisory panel", "panel"),
            },
            en="what the customer did",
            zh_note="客户做了什么",
        ),
        Field(
            "event_name",
            Type.STR,
            "活动名称",
            ("活动", "名称", "内容名称", "event"),
            en="which event, group or piece of content",
            zh_note="哪个活动、社群或内容",
        ),
        *IMPUTED,
    ),
    date="occurred_on",
    en="one row for each contact that a customer sought with the brand",
    zh_note="客户与品牌的每次互动一行",
)

CONTRACTS = (REFERRALS, BRAND_ENGAGEMENT)
__all__ = ["BRAND_ENGAGEMENT", "CONTRACTS", "REFERRALS"]
