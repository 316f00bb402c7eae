"""The words of a text as a search finds them, in every script.

Letters are folded: no accents, no case. Han, Kana and Hangul have no spaces between their words, so
each pair of neighbours counts as a word, and each sign alone; what is glued to them is a word of
its own. C++ and C# are words, which PostgreSQL's parser takes for C.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

# A lexeme holds at most 2 KB.
LONGEST_WORD = 100
SHORTEST_PREFIX = 3
SIGNS = (
    "\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3100-\u312f\u31a0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
# Those that have no spaces between words: a run of theirs is many words, of which the signs are the
# only ends. Thai and Lao, Burmese, Khmer.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
# Signs within words, as the vowels of the scripts of India, which \w leaves out. What encloses a
# letter or chooses its shape makes no other word of it.
_VOWEL_SIGNS = "".join(
    letter
    for letter in map(chr, (*range(0x300, 0xFE00), *range(0x10000, 0x20000)))
    if unicodedata.category(letter) in ("Mn", "Mc")
    and not re.match(f"[{SIGNS}{_UNSPACED}]", letter)
)
WORD = rf"[^\W{SIGNS}]+(?:[{_VOWEL_SIGNS}]+[^\W{SIGNS}]*)*(?:\+\+|\#)?"
_RUN = re.compile(rf"(?P<signs>[{SIGNS}]+)|(?P<word>{WORD})")
_MARKS = ("++", "#")
# PostgreSQL takes each for an operator of its own, and fails where there are more than 32.
_MINUSES = re.compile(r"-[\s-]*-")
_OPERATORS = re.compile(r'"|(^|\s)-|(^|\s)or(\s|$)')


def fold(text: str) -> str:
    """The text without accents and case, and with space between signs and letters."""
    # Hangul is composed of letters that NFKD takes apart and that are no accents: NFC again.
    plain = unicodedata.normalize("NFKD", text).casefold()
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    whole = unicodedata.normalize("NFC", letters)
    return re.sub(rf"(?<=[{SIGNS}])(?=[^\W{SIGNS}])|(?<=[^\W{SIGNS}])(?=[{SIGNS}])", " ", whole)


def as_search(query: str) -> str:
    """A query, folded, as PostgreSQL's websearch_to_tsquery can read it."""
    return _MINUSES.sub("-", fold(query))


def words_of(text: str) -> list[str]:
    """All that a text is found by, each once."""
    return list(dict.fromkeys(_indexed(fold(text))))


def asked_words(query: str) -> list[str] | None:
    """What a text must have all of to be found; None where the query has operators of its own:
    quotation marks, OR, a minus."""
    folded = fold(query)
    if _OPERATORS.search(folded):
        return None
    return list(dict.fromkeys(_asked(folded)))


def marked_words(words: Iterable[str]) -> list[str]:
    """Those of the words that PostgreSQL's parser takes for others: C++, C#."""
    return [word for word in words if word.endswith(_MARKS)]


def prefix_of(words: Sequence[str]) -> str:
    """The last word, where it may be the beginning of another one; else nothing."""
    last = words[-1] if words else ""
    found = _RUN.fullmatch(last)
    is_plain = found is not None and not found["signs"] and not last.endswith(_MARKS)
    return last if is_plain and len(last) >= SHORTEST_PREFIX else ""


def as_query(words: Sequence[str], prefix: str = "") -> str:
    """The words as a tsquery that wants all of them, the last as the beginning of one."""
    whole = words[:-1] if prefix else words
    parts = [f"'{word}'" for word in whole] + ([f"'{prefix}':*"] if prefix else [])
    return " & ".join(parts)


def _indexed(folded: str) -> Iterator[str]:
    for found in _RUN.finditer(folded):
        if signs := found["signs"]:
            yield from signs
            yield from _pairs(signs)
            continue
        word = found["word"][:LONGEST_WORD]
        yield word
        if word.endswith(_MARKS):
            yield word.rstrip("+#")


def _asked(folded: str) -> Iterator[str]:
    for found in _RUN.finditer(folded):
        signs = found["signs"]
        if not signs:
            yield found["word"][:LONGEST_WORD]
        elif len(signs) == 1:
            yield signs
        else:
            yield from _pairs(signs)


def _pairs(signs: str) -> Iterator[str]:
    return (signs[at : at + 2] for at in range(len(signs) - 1))
