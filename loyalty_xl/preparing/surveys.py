"""Invitations and answers: which invitation an answer belongs to, which wave, which wording."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from loyalty_xl.preparing.naming import (
    add_traits,
    as_numbers,
    day_numbers,
    label_each,
    month_numbers,
    plain_texts,
    present,
)
from loyalty_xl.preparing.survey_items import item_columns
from loyalty_xl.rows.ready import ANONYMOUS, NEVER

if TYPE_CHECKING:
    from loyalty_xl.preparing.naming import Given, Made
    from loyalty_xl.settings import Settings


# What a call back says when nobody answered it: the loop is not closed.
NOT_REACHED = ("联系不上", "未联系上", "无法联系", "未接通", "无人接听", "unreachable", "not reached", "no answer")


def frames(given: Given) -> dict[str, Made]:
    """Give `responses`, those of them with brand image items, `invitations` and `questionnaires`; fill the survey waves.

    What was sent as a pilot is among the questionnaires only.
    """
    made: dict[str, Made] = {}
    invited, answers = given.frames.get("SurveyInvitations"), given.frames.get("SurveyResponses")
    if invited is not None:
        made["questionnaires"] = _questionnaires(invited, answers), ("all",)
        tried = invited["pilot"].fillna(False).astype(bool)
        if tried.any():
            pilots = set(invited.loc[tried, "invite_id"].dropna().astype(str))
            invited = invited[~tried]
            answers = answers[~answers["invite_id"].astype(object).isin(pilots)] if answers is not None else None
    if answers is not None:
        table, dims, given.waves = _responses(answers, invited, given)
        shown = table["has_image"].eq(1)
        if shown.any():
            made["image_responses"] = table[shown].copy(), dims
        made["responses"] = table.drop(columns=["image", "has_image"]), dims
    if invited is not None:
        made["invitations"] = _invitations(invited, given)
    return made


def _questionnaires(invited: pd.DataFrame, answers: pd.DataFrame | None) -> pd.DataFrame:
    """Count by questionnaire and month of sending what was sent, came back, and was answered with "don't know"."""
    columns = ["invite_id", "survey_id", "survey_version"]
    table = invited[columns].astype(object).fillna("").astype(str)
    table["month"] = month_numbers(day_numbers(invited["sent_on"], NEVER))
    table["pilot"] = invited["pilot"].fillna(False).astype(bool).astype(np.int64)
    table["item_count"] = invited["item_count"].fillna(0).astype(np.int64)
    table["invited"] = 1
    table["returned"], table["with_dont_know"] = 0, 0
    if answers is not None:
        unsure = answers["dont_know_items"].fillna(0).gt(0)
        came = answers["invite_id"].astype(object)
        table["returned"] = table["invite_id"].isin(set(came.dropna())).astype(np.int64)
        table["with_dont_know"] = table["invite_id"].isin(set(came[unsure].dropna())).astype(np.int64)
    by = ["month", "survey_id", "survey_version", "pilot", "item_count"]
    return plain_texts(table.groupby(by, as_index=False)[["invited", "returned", "with_dont_know"]].sum())


def _responses(
    frame: pd.DataFrame, invited: pd.DataFrame | None, given: Given
) -> tuple[pd.DataFrame, tuple[str, ...], pd.DataFrame]:
    settings, customers = given.settings, given.names.codes(frame["customer_id"])
    days = day_numbers(frame["answered_on"], NEVER)
    survey, version = frame["survey_id"].astype(object).to_numpy(), frame["survey_version"].astype(object).to_numpy()
    invite, changed, relationship = np.full(len(frame), -1, dtype=np.int64), np.zeros(len(frame)), np.ones(len(frame))
    transactional = np.zeros(len(frame), dtype=bool)
    if invited is not None:
        codes = {str(name): code for code, name in enumerate(invited["invite_id"].cat.categories)}
        by_category = np.array(
            [*(codes.get(str(name), -1) for name in frame["invite_id"].cat.categories), -1], dtype=np.int64
        )
        invite = by_category[frame["invite_id"].cat.codes.to_numpy()]
        sent = invited.drop_duplicates("invite_id").set_index(
            invited.drop_duplicates("invite_id")["invite_id"].cat.codes
        )
        at = sent.reindex(invite)
        survey = np.where(pd.isna(survey), at["survey_id"].astype(object).to_numpy(), survey)
        version = np.where(pd.isna(version), at["survey_version"].astype(object).to_numpy(), version)
        relationship = (at["survey_type"].astype(object).to_numpy() != "transactional").astype(float)
        transactional = relationship == 0
        if not relationship.any():
            relationship[:] = 1.0
        changed = _wordings(invited, survey, version)
    months = month_numbers(days)
    wave_name = np.where(pd.isna(survey), months.astype(str).astype(object), survey)
    waves, wave_names = pd.factorize(wave_name)
    scales = frame["csat_scale"].astype(object).fillna(settings.csat_scale).to_numpy()
    low, high = (np.array([float(str(scale).split("-")[end]) for scale in scales]) for end in (0, 1))
    made: dict[str, Any] = {
        "customer": customers,
        "day": days,
        "month": months,
        "sequence": days * 10_000_000 + np.arange(len(frame)),
        "wave": waves.astype(np.int64),
        "relationship": relationship,
        "wording": changed,
        "invite": invite,
        "recommend_score": frame["recommend_score"].to_numpy(dtype=np.float64),
        "csat": frame["csat_overall"].to_numpy(dtype=np.float64),
        "csat_low": low,
        "csat_high": high,
        **_further(frame, days, settings),
        "has_score": (frame["recommend_score"].notna() | frame["csat_overall"].notna()).to_numpy().astype(np.int64),
        "complete": as_numbers(frame["complete"], 1.0),
        "attention": as_numbers(frame["attention_pass"], 1.0),
        "duration": as_numbers(frame["duration_sec"], -1.0),
        "in_scope": (customers != ANONYMOUS).astype(np.int64),
        **item_columns(frame, version, transactional),
    }
    if frame["channel"].notna().any():
        made["channel"] = label_each(frame["channel"])
    given.mark(made, frame)
    add_traits(made, customers, given.traits, "region", "tier")
    table = pd.DataFrame(made)
    table["recommend_score"] = table["recommend_score"].astype("Float64")
    table[["previous_score", "next_score"]] = _neighbouring_scores(table, settings)
    for name in ("csat", "intent", "follow_up_days", "previous_score", "next_score"):
        table[name] = table[name].astype("Float64")
    table["image"] = table["image"].astype("Float64")
    says = table["has_score"].eq(1) | table["has_item"].eq(1) | table["intent"].notna()
    table = plain_texts(table[says | table["invite"].ge(0)])
    scored = table[table["has_score"].eq(1) & table["relationship"].eq(1)]
    newest = scored.groupby(["wave", "month"])["day"].max().rename("newest").reset_index()
    newest["name"] = [str(wave_names[wave]) for wave in newest["wave"]]
    return table, present(table, "region", "tier", "channel"), newest


def _further(frame: pd.DataFrame, days: np.ndarray, settings: Settings) -> dict[str, np.ndarray]:
    """Give the intention to buy again with its scale, whether a reason was given, and how soon the customer was reached."""
    intent, low, high = intentions(frame, settings)
    reasons = frame["recommend_reason"].astype(object)
    said = reasons.notna() & reasons.astype(str).str.strip().ne("")
    return {
        "intent": intent,
        "intent_low": low,
        "intent_high": high,
        "reason_given": said.to_numpy().astype(np.float64),
        "reasons_kept": np.full(len(frame), float(said.any())),
        "follow_up_days": days_until_reached(frame, days),
        "follow_ups_kept": np.full(len(frame), float(frame["follow_up_on"].notna().any())),
    }


def intentions(frame: pd.DataFrame, settings: Settings) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Intentions to buy again, and the ends of their scales: their own, else that of the satisfaction questions."""
    scales = frame["intent_scale"].astype(object)
    scales = scales.fillna(frame["csat_scale"].astype(object)).fillna(settings.csat_scale)
    low, high = (scales.str.split("-").str[end].astype(float).to_numpy() for end in (0, 1))
    given = frame["repurchase_intent"].to_numpy(dtype=np.float64)
    return np.where((given >= low) & (given <= high), given, np.nan), low, high


def days_until_reached(frame: pd.DataFrame, days: np.ndarray) -> np.ndarray:
    """Days from the answer to the call back; nan where there was none, or nobody was reached."""
    result = frame["follow_up_result"].astype(object).astype(str).str.casefold()
    missed = result.str.contains("|".join(NOT_REACHED), regex=True).to_numpy()
    called = day_numbers(frame["follow_up_on"], NEVER)
    return np.where((called < NEVER) & ~missed, called - days, np.nan)


def _neighbouring_scores(table: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """The scores that the same customer gave in the wave before and the wave after, to the same wording; missing where there is none."""
    scored = table[table["recommend_score"].notna() & table["relationship"].eq(1) & table["customer"].ne(ANONYMOUS)]
    scored = scored.sort_values("sequence")
    place = ["customer", "wave"]
    first = settings.nps_dup_policy == "first"
    chosen = scored.drop_duplicates(place) if first else scored.drop_duplicates(place, keep="last")
    found = chosen[place]
    for name, by in (("previous_score", 1), ("next_score", -1)):
        other = chosen.groupby("customer")[["recommend_score", "wording"]].shift(by)
        same = other["wording"].eq(chosen["wording"])
        found = found.assign(**{name: other["recommend_score"].astype(float).where(same)})
    return table[place].merge(found, how="left")[["previous_score", "next_score"]]


def _wordings(invited: pd.DataFrame, survey: np.ndarray, version: np.ndarray) -> np.ndarray:
    """Which wording each answer is to: versions in the order they were first sent, a new wording with each that changed it."""
    columns = ["survey_id", "survey_version", "sent_on", "wording_changed"]
    sent = invited[columns].astype({"survey_id": object, "survey_version": object})
    sent["wording_changed"] = sent["wording_changed"].fillna(False).astype(bool)
    by_version = sent.groupby(["survey_id", "survey_version"], dropna=False, sort=False)
    versions = by_version.agg(first=("sent_on", "min"), changed=("wording_changed", "any")).sort_values(
        "first", kind="stable"
    )
    wording = dict(zip(versions.index, versions["changed"].cumsum(), strict=True))
    return np.array([float(wording.get(pair, 0)) for pair in zip(survey, version, strict=True)])


def _invitations(frame: pd.DataFrame, given: Given) -> Made:
    customers = given.names.codes(frame["customer_id"])
    days = day_numbers(frame["sent_on"], NEVER)
    status = frame["delivery_status"].astype(object).to_numpy()
    made: dict[str, Any] = {
        "invite": frame["invite_id"].cat.codes.to_numpy().astype(np.int64),
        "customer": customers,
        "day": days,
        "month": month_numbers(days),
        "delivered": (status != "undeliverable").astype(float),
        "incentive_cost": frame["incentive_cost"].fillna(0.0).to_numpy(),
        "incentive_type": label_each(frame["incentive_type"]),
    }
    if frame["channel"].notna().any():
        made["channel"] = label_each(frame["channel"])
    given.mark(made, frame)
    add_traits(made, customers, given.traits, "region", "tier")
    return plain_texts(pd.DataFrame(made)), present(made, "region", "tier", "channel")
