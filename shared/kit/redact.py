"""The second wall before a sink: what looks like a secret or a person's data becomes `[redacted]`.

The first wall is that nobody hands such a text over; this one catches what slipped into a sentence or an exception.
"""

from __future__ import annotations

import re
from functools import cache

REDACTED = "[redacted]"
CUT = "[cut]"
_OVERLAP = 4096
"""Characters read beyond a cut and dropped again, so that no secret is halved by it and so escapes its pattern."""

_HIDDEN = r"""
      -----BEGIN [A-Z ]{0,40}PRIVATE\ KEY-----.*?(?:-----END[A-Z -]*|\Z)
    | (?<![A-Za-z0-9])(?:
          eyJ[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*){1,4}               # JWT and JWE, whose second part may be empty
        | rg_[A-Za-z0-9_-]{8,}                                        # this product's API keys
        | whsec_[A-Za-z0-9+/=_-]{6,}                                  # webhook secrets
        | [spr]k[-_][A-Za-z0-9_*-]{8,}                                # OpenAI, Anthropic, Stripe
        | gh[a-z]_[A-Za-z0-9]{16,} | github_pat_\w{16,} | glpat-[\w-]{16,}
        | xox[a-z]-[A-Za-z0-9-]{8,}
        | AIza[A-Za-z0-9_-]{30,} | ya29\.[A-Za-z0-9_-]{8,} | GOCSPX-[A-Za-z0-9_-]{10,}
        | (?:AKIA|ASIA)[A-Z0-9]{16}
      )
    | (?i:\b(?:bearer|basic)\ +)(?P<credential>[^\s"',;]{4,})
    | (?i:(?:passw(?:or)?d|passwd|secret|token|api[_-]?key|authorization|cookie|signature|credential)s?)
        (?:\\?["'])?\s{0,3}[:=]\s{0,3}(?:\\?["'])?(?:(?i:bearer|basic|digest)\ +)?(?P<value>(?!\[redacted\])[^\s"',;&\\}\]]{3,})
    | ://[^\s/:@]{0,200}:(?P<login>[^\s/@]{1,200})@
    | (?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}
    | (?<![\w.-])(?P<card>\d(?:[ -]?\d){12,18})(?![\w-])
    """

_DIRECTION = "\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb"
_NOT_TEXT = "\x7f-\x9f\ud800-\udfff"
_UNSEEN = re.compile(f"[\x00-\x1f{_NOT_TEXT}{_DIRECTION}]")
_UNSEEN_BUT_LINES = re.compile(f"[\x00-\x09\x0b-\x1f{_NOT_TEXT}{_DIRECTION}]")


def clean(text: str, limit: int, *, keep_lines: bool = False) -> str:
    """`text` without secrets, with control and direction characters spelt out, and at most `limit` characters plus a mark.

    A line feed is spelt out too unless `keep_lines`.
    """
    long = len(text) > limit
    part = redact(text[: limit + _OVERLAP] if long else text)
    if long:
        part = part[:-_OVERLAP] if len(text) > limit + _OVERLAP else part
        part = part[:limit] + CUT
    return (_UNSEEN_BUT_LINES if keep_lines else _UNSEEN).sub(_spelt, part)


def redact(text: str) -> str:
    """`text` with every part that looks like a secret, an e-mail address or a card number replaced."""
    return _hidden().sub(_replacement, text)


@cache
def _hidden() -> re.Pattern[str]:
    """Compiled at first use: 2 ms that a function's start need not pay."""
    return re.compile(_HIDDEN, re.VERBOSE | re.DOTALL)


def _replacement(match: re.Match[str]) -> str:
    kind = match.lastgroup
    if kind is None:
        return REDACTED
    if kind == "card" and not _passes_luhn(match[kind]):
        return match[0]
    start, end = match.span(kind)
    return match[0][: start - match.start()] + REDACTED + match[0][end - match.start() :]


def _passes_luhn(number: str) -> bool:
    digits = [int(character) for character in number if character.isdigit()]
    doubled = [sum(divmod(digit * 2, 10)) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _spelt(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
