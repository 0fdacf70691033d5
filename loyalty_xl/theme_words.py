"""The words by which comments are sorted into themes, where the company has no dictionary of its own.

Chosen for a shop with valuable goods, appraisal, events and delivery; the page ThemeWords holds them, for the company to change.
"""

from __future__ import annotations

from typing import NamedTuple

VERSION = "1"
ANY = "any"


class ThemeWord(NamedTuple):
    """A word, the theme it speaks of, and whether it speaks well (1), ill (-1) or neither (0) of it."""

    theme: str  # code; ANY = good or ill of whatever theme stands beside it
    zh: str
    en: str
    word: str
    polarity: int = 0


# code, zh, en; then words that only name the theme, praise it, and find fault with it
_THEMES: tuple[tuple[str, str, str, str, str, str], ...] = (
    ("price", "价格", "Price",
     "价格 价钱 定价 报价 折扣 优惠 议价 price pricing cost discount",
     "便宜 实惠 划算 物有所值 性价比高 价格透明 价格合理 cheap affordable reasonable fair_price good_value",
     "贵 价格偏高 价格高 太高 不值 涨价 虚高 加价 不透明 too_high expensive overpriced pricey costly"),
    ("quality", "商品质量", "Product quality",
     "质量 品质 品相 做工 材质 保存状况 quality condition craftsmanship",
     "精美 精致 完好 品相好 质量好 漂亮 beautiful flawless well_made",
     "瑕疵 冲线 磕碰 修补 破损 裂 缺口 质量差 与描述不 描述不符 flaw crack damaged broken chipped not_as_described"),
    ("authenticity", "真伪与鉴定", "Authenticity and appraisal",
     "鉴定 真伪 断代 年代 证书 appraisal authenticity provenance certificate verdict",
     "保真 真品 到代 开门 东西真 货真 真 genuine authentic",
     "假 赝品 仿品 做旧 造假 存疑 有异议 证书慢 证书等得太久 fake counterfeit forgery replica doubtful"),
    ("after_sales", "售后", "After-sales",
     "售后 退货 退款 退换 维修 保修 投诉处理 after_sales return refund exchange repair warranty",
     "售后负责 包退 无理由退 退款快 handled_well",
     "售后差 推诿 退款慢 不给退 没人管 售后回复太慢 refused_refund"),
    ("delivery", "物流包装", "Delivery and packing",
     "物流 快递 送货 发货 包装 配送 运输 到货 收到时 delivery shipping packing package courier parcel arrived",
     "发货快 送货快 包装好 包装严实 包装仔细 准时 well_packed on_time",
     "送货晚 发货慢 包装不好 延误 晚了 送达慢 late delayed poorly_packed"),
    ("staff", "人员与服务态度", "Staff and service",
     "老师 客服 店员 服务 态度 讲解 接待 回访 staff service consultant assistant salesperson",
     "专业 热情 耐心 周到 细心 负责 客气 服务好 态度好 professional friendly helpful patient polite",
     "生硬 冷淡 敷衍 催促 态度差 不理 回访电话太多 打扰 rude unfriendly impatient pushy unhelpful"),
    ("speed", "响应速度", "Response time",
     "回复 答复 等待 排队 预约 响应 reply response wait queue appointment",
     "回复快 及时 马上 很快 quick fast prompt",
     "回复太慢 回复慢 太慢 没有人回 没人回 等了 等得太久 太久 不方便 slow unanswered"),
    ("event", "活动与预展", "Events and previews",
     "活动 预展 拍卖 沙龙 讲座 雅集 鉴定日 event preview auction salon lecture exhibition",
     "预展安排得好 安排得好 well_organised well_organized",
     "人太多 太挤 没通知 crowded"),
    ("membership", "会员与积分", "Membership and points",
     "会员 积分 等级 兑换 生日礼 member membership points reward voucher",
     "会员权益好 积分实用 generous",
     "积分过期 不能兑换 expired"),
    ("digital", "网站与小程序", "Web and app",
     "小程序 网站 官网 App 公众号 网页 图片 视频 直播 app website web page photo video livestream",
     "好用 清晰 easy_to_use convenient clear",
     "打不开 卡顿 闪退 不好用 找不到 图片模糊 crash bug confusing"),
    ("choice", "品种选择", "Choice of goods",
     "品种 种类 款式 选择 上新 selection variety range assortment",
     "品种多 种类多 选择多 丰富 wide_selection",
     "品种少 种类少 选择少 缺货 out_of_stock"),
    (ANY, "好坏（不分主题）", "Good or ill of any theme", "",
     "好 快 满意 喜欢 推荐 放心 不错 信任 赞 棒 值得 没问题 quick fast good great excellent happy satisfied recommend trust love",
     "差 慢 失望 不满 糟糕 后悔 麻烦 问题 气人 不行 slow bad poor terrible disappointed unhappy awful problem"),
)  # fmt: skip

DEFAULT: tuple[ThemeWord, ...] = tuple(
    ThemeWord(code, zh, en, word.replace("_", " "), polarity)
    for code, zh, en, *words in _THEMES
    for polarity, line in zip((0, 1, -1), words, strict=True)
    for word in line.split()
)
