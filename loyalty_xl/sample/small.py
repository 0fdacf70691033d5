"""A company so small that every figure can be checked by hand: 12 customers, 15 months, no survey too big to count.

Who stands for what:

- C01 buys regularly; C02 last bought 366 days before the data end, C05 365 days before it (one lost, one not).
- C04 was lost and came back in March 2026; C06 sent the first order back; C08 ordered twice on the same day.
- C10 closed the account, C11 is new in the last month, C12 never bought.
- Two orders are anonymous. C07 answered the second survey twice.

The figures, each with its computation, are in `tests/examples/small_company.toml`.
"""

from __future__ import annotations

from pathlib import Path

from loyalty_xl.sample.writing import write_csv

_MONTHS = [f"2025-{month:02d}" for month in range(1, 13)] + ["2026-01", "2026-02", "2026-03"]

_SHEETS: dict[str, str] = {
    "Customers": """
customer_id,name,region_id,tier,acquired_on,status,closed_on
C01,Customer One,NORTH,Gold,2025-01-01,active,
C02,Customer Two,NORTH,Silver,2025-01-15,active,
C03,Customer Three,SOUTH,Gold,2025-02-10,active,
C04,Customer Four,SOUTH,Silver,2025-02-20,active,
C05,Customer Five,NORTH,Silver,2025-04-01,active,
C06,Customer Six,SOUTH,Silver,2025-05-02,active,
C07,Customer Seven,NORTH,Silver,2025-06-01,active,
C08,Customer Eight,SOUTH,Silver,2025-08-08,active,
C09,Customer Nine,NORTH,Silver,2025-10-01,active,
C10,Customer Ten,SOUTH,Silver,2025-12-24,closed,2026-02-15
C11,Customer Eleven,NORTH,Silver,2026-03-10,active,
C12,Customer Twelve,SOUTH,Silver,2026-01-10,prospect,
""",
    "Orders": """
order_id,line_no,customer_id,order_date,product_id,quantity,unit_price,amount,discount,currency,order_type,original_order_id,region_id
O01,1,C01,2025-01-01,VASE,1,1000,1000,0,CNY,sale,,NORTH
O02,1,C02,2025-01-15,SCROLL,1,500,500,0,CNY,sale,,NORTH
O03,1,C01,2025-01-20,SCROLL,1,500,500,0,CNY,sale,,NORTH
O04,1,C03,2025-02-10,VASE,1,1000,1000,0,CNY,sale,,SOUTH
O05,1,C04,2025-02-20,VASE,1,1000,1000,0,CNY,sale,,SOUTH
O06,1,C02,2025-03-31,APPRAISAL,1,200,200,0,CNY,service,,NORTH
O07,1,C05,2025-04-01,SCROLL,1,500,500,0,CNY,sale,,NORTH
O08,1,C06,2025-05-02,VASE,1,1000,1000,0,CNY,sale,,SOUTH
R01,1,C06,2025-05-09,VASE,-1,1000,-1000,0,CNY,refund,O08,SOUTH
O09,1,C07,2025-06-01,SCROLL,1,500,500,0,CNY,sale,,NORTH
O10,1,C01,2025-06-05,VASE,2,1000,1900,100,CNY,sale,,NORTH
O10,2,C01,2025-06-05,APPRAISAL,1,200,200,0,CNY,service,,NORTH
O11,1,C03,2025-06-12,SCROLL,1,500,500,0,CNY,sale,,SOUTH
O12,1,C03,2025-06-20,VASE,1,1000,1000,0,CNY,sale,,SOUTH
O13,1,,2025-06-25,SCROLL,1,400,400,0,CNY,sale,,NORTH
R02,1,C03,2025-06-28,VASE,-1,250,-250,0,CNY,refund,O12,SOUTH
O14,1,C06,2025-07-01,APPRAISAL,1,200,200,0,CNY,service,,SOUTH
O15,1,C08,2025-08-08,SCROLL,1,500,500,0,CNY,sale,,SOUTH
O16,1,C08,2025-08-08,APPRAISAL,1,200,200,0,CNY,service,,SOUTH
O17,1,C07,2025-09-15,VASE,1,1000,1000,0,CNY,sale,,NORTH
O18,1,C09,2025-10-01,SCROLL,1,500,500,0,CNY,sale,,NORTH
O19,1,C01,2025-11-11,VASE,1,1000,1000,0,CNY,sale,,NORTH
O20,1,C10,2025-12-24,VASE,1,1000,1000,0,CNY,sale,,SOUTH
O21,1,C09,2026-01-05,SCROLL,1,500,500,0,CNY,sale,,NORTH
O22,1,C01,2026-03-02,VASE,1,1100,1100,0,CNY,sale,,NORTH
O23,1,C11,2026-03-10,SCROLL,1,500,500,0,CNY,sale,,NORTH
O24,1,C03,2026-03-15,APPRAISAL,1,200,200,0,CNY,service,,SOUTH
O25,1,,2026-03-20,SCROLL,1,300,300,0,CNY,sale,,SOUTH
O26,1,C04,2026-03-25,VASE,1,900,900,0,CNY,sale,,SOUTH
R03,1,C11,2026-03-28,SCROLL,-1,100,-100,0,CNY,refund,O23,NORTH
O27,1,C07,2026-03-31,SCROLL,1,500,500,0,CNY,sale,,NORTH
""",
    "SurveyInvitations": """
invite_id,customer_id,survey_id,survey_type,sent_on,channel,incentive_type,incentive_cost,delivery_status
I01,C01,2025-A,relationship,2025-06-10,wechat,points,5,delivered
I02,C02,2025-A,relationship,2025-06-10,sms,points,5,delivered
I03,C03,2025-A,relationship,2025-06-10,sms,points,5,delivered
I04,C04,2025-A,relationship,2025-06-10,wechat,points,5,delivered
I05,C05,2025-A,relationship,2025-06-10,email,points,5,delivered
I06,C01,2026-A,relationship,2026-03-05,wechat,voucher,10,delivered
I07,C02,2026-A,relationship,2026-03-05,sms,voucher,10,delivered
I08,C03,2026-A,relationship,2026-03-05,sms,voucher,10,delivered
I09,C05,2026-A,relationship,2026-03-05,email,voucher,10,delivered
I10,C06,2026-A,relationship,2026-03-05,wechat,voucher,10,delivered
I11,C07,2026-A,relationship,2026-03-05,wechat,voucher,10,delivered
I12,C08,2026-A,relationship,2026-03-05,email,voucher,10,undeliverable
I13,C09,2026-A,relationship,2026-03-05,sms,voucher,10,delivered
""",
    "SurveyResponses": """
response_id,survey_id,invite_id,customer_id,answered_on,channel,recommend_score,recommend_reason,csat_overall,csat_scale,duration_sec,complete
A01,2025-A,I01,C01,2025-06-11,wechat,10,,5,1-5,120,yes
A02,2025-A,I02,C02,2025-06-12,sms,9,,4,1-5,90,yes
A03,2025-A,I03,C03,2025-06-13,sms,6,answers came late,2,1-5,150,yes
A04,2025-A,I04,C04,2025-06-15,wechat,8,,4,1-5,100,yes
A05,2026-A,I06,C01,2026-03-06,wechat,9,,5,1-5,110,yes
A06,2026-A,I07,C02,2026-03-07,sms,3,repair was poor,1,1-5,200,yes
A07,2026-A,I08,C03,2026-03-08,sms,7,,4,1-5,95,yes
A08,2026-A,I10,C06,2026-03-09,wechat,10,,5,1-5,130,yes
A09,2026-A,I11,C07,2026-03-09,wechat,9,,4,1-5,140,yes
A10,2026-A,I11,C07,2026-03-12,wechat,5,changed my mind,2,1-5,140,yes
""",
    "Campaigns": """
campaign_id,name,start,end,channel,cost,cost_type,attributed_new
M01,Summer fair,2025-06-01,2025-06-30,wechat,600,acquisition,1
M02,Spring letter,2026-02-15,2026-03-16,email,300,acquisition,1
""",
    "Complaints": """
complaint_id,customer_id,received_on,channel,class_l1,class_l2,order_id,severity,status,closed_on,outcome,satisfaction,satisfaction_scale
K01,C01,2025-06-10,phone,DELIVERY,LATE,O10,2,closed,2025-06-12,apology,4,1-5
K02,C03,2025-06-22,wechat,QUALITY,FLAW,O12,4,closed,2025-06-30,refund,2,1-5
K03,C07,2025-09-20,phone,DELIVERY,LATE,O17,1,closed,2025-10-05,explained,5,1-5
K04,C02,2026-03-05,email,QUALITY,FLAW,O06,3,closed,2026-03-11,apology,3,1-5
K05,C03,2026-03-18,phone,DELIVERY,LATE,O24,2,open,,,,
""",
    "ComplaintTaxonomy": """
version,code,level,parent,name_zh,name_en,definition,valid_from,valid_to
1,QUALITY,1,,商品质量,Quality,The piece is not as it should be,2025-01-01,
1,FLAW,2,QUALITY,瑕疵,Flaw,A flaw that was not disclosed,2025-01-01,
1,DELIVERY,1,,物流,Delivery,Something went wrong on the way,2025-01-01,
1,LATE,2,DELIVERY,延误,Late,Delivered after the agreed day,2025-01-01,
""",
    "Products": """
product_id,name,product_type,is_service,purchase_cycle_days,churn_window_days,margin_rate,active
VASE,Vase,Porcelain,no,120,365,0.4,yes
SCROLL,Scroll,Painting,no,120,365,0.5,yes
APPRAISAL,Appraisal,Appraisal,yes,120,365,0.7,yes
""",
    "Regions": """
region_id,name
NORTH,NORTH
SOUTH,SOUTH
""",
    "ShareOfWallet": """
customer_id,period,category_spend,own_spend,rank,brands,main_competitor,competitor_spend,reason,source,asked_on
C01,2025-06,4200,2100,,,Rival,2000,price,survey,2025-07-02
C02,2025-06,800,,,,Other House,800,price,survey,2025-07-02
C03,2025-06,5000,,2,3,Rival,,quality,survey,2025-07-03
C07,2025-06,,,1,3,Rival,,price,survey,2025-07-03
C01,2026-03,2200,,,,Rival,1000,price,survey,2026-03-30
C10,2026-03,1000,,,,Rival,1000,quality,survey,2026-03-30
C11,2026-03,500,,,,,,,survey,2026-03-30
""",
    "SalesCosts": "period,region_id,cost,cost_type\n"
    + "\n".join(
        f"{month},NORTH,100,acquisition\n{month},SOUTH,60,acquisition\n{month},NORTH,40,overhead" for month in _MONTHS
    ),
}


def small_company(folder: Path) -> list[Path]:
    """Write the small company into *folder*, one text file for each sheet, and give their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, text in _SHEETS.items():
        header, *rows = (line.split(",") for line in text.strip().split("\n"))
        paths.append(write_csv(folder / f"{name}.csv", header, rows, encoding="utf-8"))
    return paths
