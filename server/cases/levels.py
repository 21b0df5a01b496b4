"""Suggest a colour grade (红橙黄蓝) from what was reported, with the reasons; a person decides (domain 4.3). Pure."""

from server.cases.forms import Report
from server.cases.models import Level
from server.errors import _

MANY, SOME, MUCH_MONEY = 30, 10, 50_000


def suggest(report: Report) -> tuple[Level, list[str]]:
    """Return the grade and its reasons in words."""
    rules = (
        (Level.RED, report.violence, _("有动手或凶器的危险")),
        (Level.RED, report.people >= MANY, _("三十人以上")),
        (Level.ORANGE, report.injury, _("有人受伤")),
        (Level.ORANGE, report.people >= SOME, _("十人以上")),
        (Level.YELLOW, report.threats, _("有人说了威胁的话")),
        (Level.YELLOW, (report.amount or 0) >= MUCH_MONEY, _("钱数在五万元以上")),
    )
    hits = [(level, reason) for level, holds, reason in rules if holds]
    if not hits:
        return Level.BLUE, []
    return hits[0][0], [reason for _level, reason in hits]
