"""Reading YAML strictly, with a line for everything that is wrong.

YAML is only composed to nodes, never constructed to objects, so no tag can run anything.
Anchors and aliases are refused (they make small files huge), and nesting is bounded.
"""

import re
from collections.abc import Callable, Sequence
from difflib import get_close_matches

import yaml
from yaml.composer import ComposerError
from yaml.error import MarkedYAMLError, YAMLError
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from yaml.reader import ReaderError

from services.gateway.importing.defects import Report
from services.gateway.importing.scalars import (
    COMMENTED,
    NULL,
    TAG,
    hidden_items,
    line_of,
    scalar_text,
    trailing_comment,
)

MAX_DEPTH = 12
LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}")  # the shape of a BCP 47 tag
MAX_KEYS = 50
TRUTH, WHOLE = f"{TAG}bool", f"{TAG}int"


class _Loader(yaml.SafeLoader):
    """Composes nodes without anchors, aliases and deep nesting."""

    depth = 0

    def compose_node(self, parent: Node | None, index: int) -> Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or event.anchor:
            raise ComposerError(None, None, "anchors and aliases are not allowed", event.start_mark)
        if self.depth >= MAX_DEPTH:
            raise ComposerError(None, None, "nested too deeply", event.start_mark)
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


def read_mapping(text: str, report: Report) -> MappingNode | None:
    """Return the mapping that `text` holds, or None once its defect is told."""
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        report.add(line, "a character that YAML does not allow")
        return None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        report.add(mark.line + 1 if mark else 1, f"not valid YAML: {error.problem}")
        return None
    except (YAMLError, ValueError):
        report.add(1, "not valid YAML")
        return None
    if not isinstance(node, MappingNode):
        report.add(1, "expected keys with values, such as 'title: ...'")
        return None
    return node


class Fields:
    """A YAML mapping read key by key; what is wrong becomes a defect and a default comes back."""

    def __init__(self, node: MappingNode, known: Sequence[str], report: Report) -> None:
        self.report = report
        self.line = line_of(node)
        self.nodes: dict[str, Node] = {}
        if len(node.value) > MAX_KEYS:
            report.add(self.line, f"more than {MAX_KEYS} keys")
        for key, value in node.value[:MAX_KEYS]:
            self._take(key, value, known)

    def _take(self, key: Node, value: Node, known: Sequence[str]) -> None:
        name = key.value if isinstance(key, ScalarNode) else None
        if name is None:
            self.report.add(line_of(key), "a key must be a word")
        elif name not in known:
            self.report.add(line_of(key), _unknown(name, known))
        elif name in self.nodes:
            self.report.add(line_of(key), f'the key "{name}" is there twice')
        else:
            self.nodes[name] = value

    def line_at(self, key: str) -> int:
        """Return the line of a key's value, or of the mapping if the key is missing."""
        node = self.nodes.get(key)
        return line_of(node) if node else self.line

    def add(self, key: str, reason: str) -> None:
        """Note a defect at the value of `key`."""
        self.report.add(self.line_at(key), f"{key}: {reason}")

    def _node(self, key: str, required: bool) -> Node | None:
        """Return the value of `key`; nothing written, `null` and `~` are all no value."""
        node = self.nodes.get(key)
        if node is not None and node.tag != NULL:
            return node
        if required:
            missing = "has no value" if node else "is missing"
            self.report.add(self.line_at(key), f'the key "{key}" {missing}')
        return None

    def text(
        self,
        key: str,
        maximum: int,
        *,
        required: bool = False,
        lines: bool = False,
        comment: bool = False,
    ) -> str:
        """Return a text of at most `maximum` characters.

        `lines` keeps its line breaks; with `comment` one may follow it on its line.
        """
        if not comment and self._is_hidden(key):
            self.add(key, COMMENTED)
            return ""
        node = self._node(key, required)
        if node is None:
            return ""
        return scalar_text(key, node, maximum, self.report, lines=lines, comment=comment)

    def _is_hidden(self, key: str) -> bool:
        """Whether the value begins with `#`: to YAML that is a comment and there is no value."""
        node = self.nodes.get(key)
        return node is not None and node.tag == NULL and trailing_comment(node)

    def language(self, key: str, *, required: bool = False) -> str:
        """Return a language tag, or "" where there is none."""
        tag = self.text(key, 35, required=required, comment=True)
        if tag and not LANGUAGE.fullmatch(tag):
            self.add(key, 'expected a language tag such as "en" or "pt-BR" (BCP 47)')
        return tag

    def whole(self, key: str, maximum: int, default: int) -> int:
        """Return a whole number from 0 to `maximum`."""
        node = self._node(key, required=False)
        if node is None:
            return default
        # YAML 1.1 also reads 010, 0x1F and 1:30 as numbers; nobody means them here.
        if node.tag == WHOLE and re.fullmatch(r"0|[1-9][0-9]{0,8}", node.value):
            number = int(node.value)
            if number <= maximum:
                return number
        self.add(key, f"expected a whole number from 0 to {maximum:,}")
        return default

    def number(self, key: str, maximum: int) -> int | None:
        """Return a whole number from 0 to `maximum`, None where there is no value."""
        number = self.whole(key, maximum, default=0)
        return number if self.has(key) else None

    def flag(self, key: str) -> bool:
        """Return true or false; false if the key is missing."""
        node = self._node(key, required=False)
        if node is not None and node.tag != TRUTH:
            self.add(key, "expected true or false")
            return False
        return node is not None and node.value.lower() in {"true", "yes", "on"}

    def has(self, key: str) -> bool:
        """Whether a key has a value."""
        return self._node(key, required=False) is not None

    def word(self, key: str, known: Sequence[str]) -> str:
        """Return one of the `known` words, or "" where there is none."""
        text = self.text(key, 100, comment=True)
        if not text or text in known:
            return text
        self.add(key, f"expected one of {', '.join(known)}")
        return ""

    def items(self, key: str, maximum: int, *, required: bool = False) -> list[Node]:
        """Return the nodes of a list of at most `maximum` items."""
        node = self._node(key, required)
        if node is None:
            return []
        if not isinstance(node, SequenceNode):
            self.add(key, "expected a list")
            return []
        if len(node.value) > maximum:
            self.add(key, f"more than {maximum} items")
        elif required and not node.value:
            self.add(key, "the list is empty")
        items: list[Node] = node.value[:maximum]
        return items

    def texts(self, key: str, maximum: int, characters: int) -> tuple[str, ...]:
        """Return a list of texts that differ from each other, whatever their case."""
        items = self.items(key, maximum)
        for line in hidden_items(self.nodes[key]) if items else ():
            self.report.add(line, f"{key}: {COMMENTED}")
        found = [(line_of(item), scalar_text(key, item, characters, self.report)) for item in items]
        tell_repeats(key, found, self.report.add, str.casefold)
        return tuple(text for _, text in found)

    def mappings(
        self, key: str, known: Sequence[str], maximum: int, *, required: bool = False
    ) -> list["Fields"]:
        """Return a list of mappings with the `known` keys."""
        found: list[Fields] = []
        for item in self.items(key, maximum, required=required):
            if isinstance(item, MappingNode):
                found.append(Fields(item, known, self.report))
            else:
                self.report.add(line_of(item), f"{key}: expected {' and '.join(known)}")
        return found


def tell_repeats(
    key: str,
    found: Sequence[tuple[int, str]],
    tell: Callable[[int, str], None],
    normal: Callable[[str], str] = str,
) -> None:
    """Tell of every text that was there before; `found` holds texts with their lines."""
    seen: set[str] = set()
    for line, text in found:
        if text and normal(text) in seen:
            tell(line, f'{key}: "{text[:80]}" is there twice')
        seen.add(normal(text))


def _unknown(name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name[:80], known, n=1)
    hint = f'did you mean "{near[0]}"?' if near else f"known are {', '.join(known)}"
    return f'unknown key "{name[:80]}": {hint}'
