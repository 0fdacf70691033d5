"""The command `share`: files and drafts, and with --send the mail."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loyalty_xl.books.places import in_language
from loyalty_xl.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from loyalty_xl.pipeline import Refresh
    from loyalty_xl.share import Share
    from loyalty_xl.sharing.sending import Outcome, Planned
    from loyalty_xl.vocabulary import Finding

PASSWORD = "LOYALTY_XL_SHARE_PASSWORD"  # noqa: S105 - the name of a variable
STATES = {  # of a mail while others are being sent
    "queued": ("待发", "queued"),
    "sending": ("发送中", "sending"),
    "sent": ("已发送", "sent"),
    "unknown": ("不明", "unknown"),
    "failed": ("失败", "failed"),
}
YES = frozenset(("y", "yes", "是", "好", "发送"))


def add_options(sub: argparse.ArgumentParser) -> None:
    """Take what a share can be asked for."""
    sub.add_argument("--to", metavar="DIR", help="folder to write into (default: BOOK_share beside the workbook)")
    sub.add_argument(
        "--preview",
        action="store_true",
        help="files, sizes, recipients and figures not shown; writes and opens nothing",
    )
    sub.add_argument("--no-pictures", action="store_true", help="neither PDF nor pictures: sooner done")
    sub.add_argument(
        "--password",
        action="store_true",
        help=f"ask for a password that opens the shared workbook (or take it from {PASSWORD}); nothing else then tells a figure",
    )
    sub.add_argument(
        "--send", action="store_true", help="send it over SMTP, after showing to whom; without it, drafts only"
    )
    sub.add_argument("--yes", action="store_true", help="send without asking")
    sub.add_argument(
        "--resend",
        action="append",
        default=[],
        metavar="ADDRESS",
        help="send it again to somebody who has it, or may have it; may be given several times",
    )


def run(arguments: argparse.Namespace, shown: Callable[[], Refresh], say: Callable[[Any], None]) -> int:
    """Share what a workbook shows; *say* prints a JSON document."""
    from loyalty_xl import share
    from loyalty_xl.talk_share import share_json, share_text

    if arguments.resend and not arguments.send:
        raise UsageError("", "--resend 要和 --send 一起用", "--resend goes with --send")
    password = _password() if arguments.password else None
    made = share.prepare(shown(), pictures=not arguments.no_pictures, password=password)
    if not arguments.preview:
        made = share.write(made, Path(arguments.to) if arguments.to else None)
    document = share_json(made, arguments.lang or made.made.language)
    if not arguments.json:
        print(share_text(made, _language(arguments), sends=arguments.send))
    code = 1 if any(each.code.startswith("E") for each in made.findings) else 0
    if arguments.send:
        sent, found = _send(arguments, made)
        document["mail"] = sent
        code = max(code, found)
    if arguments.json:
        say(document)
    return code


def _language(arguments: argparse.Namespace) -> str:
    return arguments.lang or "both"


def _password() -> str:
    """Ask for the password twice, or take it from the environment: it never stands in a command."""
    import getpass

    if given := os.environ.get(PASSWORD):
        return given
    if not sys.stdin.isatty():
        raise UsageError(
            "",
            f"没有终端可以输入密码。请设置环境变量 {PASSWORD}。",
            f"There is no terminal to type a password at. Set the environment variable {PASSWORD}.",
        )
    first = getpass.getpass("密码 password: ")
    if not first or first != getpass.getpass("再输入一次 again: "):
        raise UsageError("", "两次输入不一样,或为空。", "The two are not the same, or empty.")
    return first


def _send(arguments: argparse.Namespace, made: Share) -> tuple[list[dict[str, Any]], int]:
    """Show to whom mail goes, and send it when that is agreed."""
    from loyalty_xl import share
    from loyalty_xl.sharing import sending
    from loyalty_xl.sharing.server import Server

    language, allowed = _language(arguments), made.made.settings.allowed_domains
    ledger = share.ledger_of(made.made)
    planned = sending.plan(made.recipients, ledger, made.scorecard, allowed, arguments.resend)
    _tell(arguments, _plan_text(planned, language))
    if strangers := sending.outside(planned):
        _tell(arguments, _findings(strangers, language))
    due = [each for each in planned if each.will_send]
    if arguments.preview or not due:
        return [_state(each.recipient.address, each.mail) for each in planned], 0
    server = Server.from_environment()
    if not arguments.yes and not strangers and not _agreed(len(due), server.host, language):
        _tell(arguments, in_language("没有发送。", "Nothing was sent.", language))
        return [_state(each.recipient.address, each.mail) for each in planned], 5
    outcomes = sending.send(
        share.letters(made),
        made.recipients,
        ledger,
        server,
        made.scorecard,
        allowed_domains=allowed,
        resend=arguments.resend,
        progress=lambda each: _tell(
            arguments, f"  {each.recipient.address}: {in_language(*STATES[each.mail.state.value], language)}"
        ),
    )
    if found := sending.told(outcomes):
        _tell(arguments, _findings(found, language))
    _tell(arguments, _outcome_text(outcomes, language))
    return [_state(each.recipient.address, each.mail) for each in outcomes], sending.exit_code(outcomes)


def _tell(arguments: argparse.Namespace, text: str) -> None:
    """Talk goes beside a JSON document."""
    print(text, file=sys.stderr if arguments.json else sys.stdout, flush=True)


def _findings(findings: Sequence[Finding], language: str) -> str:
    from loyalty_xl.talk import findings_text

    return findings_text(findings, language)


def _plan_text(planned: Sequence[Planned], language: str) -> str:
    words = {
        "new": ("将发送", "will be sent"),
        "queued": ("将发送(上次未发出)", "will be sent (was queued)"),
        "failed": ("将再试一次(上次失败)", "will be tried again (failed)"),
        "sent": ("已发送过,不再发", "has it already, not sent again"),
        "unknown": ("可能已收到,不再发;确认没有收到可用 --resend", "may have it, not sent again; --resend if it did not arrive"),
        "sending": ("可能已收到,不再发;确认没有收到可用 --resend", "may have it, not sent again; --resend if it did not arrive"),
    }  # fmt: skip
    again = ("将再发一次", "will be sent again")
    lines = [in_language("邮件:", "Mail:", language)]
    for each in planned:
        state = each.mail.state.value
        told = again if each.will_send and state in ("sent", "unknown", "sending") else words[state]
        lines.append(f"  {each.recipient.address}: {in_language(*told, language)}")
    if not planned:
        lines.append(in_language("  没有收件人", "  there are no recipients", language))
    return "\n".join(lines)


def _agreed(count: int, host: str, language: str) -> bool:
    """Ask whether to send; without a terminal nobody agrees."""
    if not sys.stdin.isatty():
        raise UsageError(
            "",
            "没有终端可以确认。核对上面的名单后加 --yes 再运行。",
            "There is no terminal to ask at. Look at the list above and run again with --yes.",
        )
    asked = in_language(f"经 {host} 发送 {count} 封?(是/否) ", f"Send {count} through {host}? (yes/no) ", language)
    return input(asked).strip().casefold() in YES


def _outcome_text(outcomes: Sequence[Outcome], language: str) -> str:
    counts = {state: sum(each.mail.state.value == state for each in outcomes) for state in ("sent", "failed", "unknown", "queued")}  # fmt: skip
    zh = f"已发送 {counts['sent']},失败 {counts['failed']},不明 {counts['unknown']},待发 {counts['queued']}。"
    en = f"sent {counts['sent']}, failed {counts['failed']}, unknown {counts['unknown']}, queued {counts['queued']}"
    return in_language(zh, en, language)


def _state(address: str, mail: Any) -> dict[str, Any]:
    return {"address": address, "state": mail.state.value, "why": mail.why, "message_id": mail.message_id}


__all__ = ["add_options", "run"]
