"""Attitude in single questions: the image of the brand."""

from __future__ import annotations

from loyalty_xl.catalogue import kpi, require
from loyalty_xl.intervals import student
from loyalty_xl.vocabulary import Better, Dimension, Reason, Unit, Window


@kpi(
    "brand_image",
    "A16",
    zh="品牌形象",
    en="Brand image",
    unit=Unit.SCORE,
    better=Better.HIGHER,
    dimension=Dimension.ATTITUDE,
    window=Window.LATEST_WAVE,
    scale="csat_scale",
    interval=lambda image_sum, image_squared, image_answers: student(image_sum, image_squared, image_answers),
    owner="marketing",
    says="每份答卷各品牌形象题的平均分,再对答卷求平均,按其量表;不同量表、不同措辞不混合。",
)
def brand_image(
    image_sum: float, image_answers: float, image_on_other_scale: float = 0, image_to_changed_wording: float = 0
) -> float:
    """Brand image: mean rating of the questions on the image of the brand, on their own scale.

        brand image = sum over answers of the mean of the items rated / answers with at least one of them

    Parameters
    ----------
    image_sum
        Each answer's mean over `brand_image_1` to `brand_image_5`, added up. [points of the scale]
    image_answers
        Answers that rate at least one of them. [answers]
    image_on_other_scale
        Of these, answers on another scale than `csat_scale`. [answers]
    image_to_changed_wording
        Answers in a period that mixes versions of the questions with different wording. [answers]

    Notes
    -----
    Every respondent has one vote, however many items were rated; the interval is of means of respondents, who are independent, not of
    single ratings, which are not. Whether the items measure one thing is said by `scale_reliability`. Ratings of experts are another
    question (ServiceRatings) and are not mixed in.

    References
    ----------
    Source S2; Likert 1932, Archives of Psychology 140, for the mean of items; t interval as for `csat`.

    Examples
    --------
    >>> brand_image(84, 20)
    4.2
    """
    require(image_on_other_scale == 0 and image_to_changed_wording == 0, Reason.NOT_COMPARABLE)
    return image_sum / image_answers
