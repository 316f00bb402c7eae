"""HTML to Markdown, seen through a reader of Markdown that lets all HTML through."""

import re
from html import unescape

import nh3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from services.quiz.gift.html import to_markdown
from services.quiz.gift.markdown import from_plain

MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
TAGS = """<p> </p> <b> </b> <i> <code> </code> <pre> </pre> <li> <ul> </ul> <br> <td> <table> <h1>
    <sup> </a> <script> </script> </svg> <!-- --> onload='x()'> <b"""
SIGNS = """&lt; &gt; &amp; &nbsp; &#42; < > & * ** _ ` ``` ~~~ ~~ # 1. - + > [ ] ( ) ! | \\ === ---
    é a 1 ](javascript:x) <script>alert(1)</script>"""
SPACES = (" ", "    ", "\n", "\n\n")
TRAPS = (
    "<a href='https://e.example/)<script>'>",
    "<img src='https://e.example/' alt='](x)<b>'>",
    "<svg onload='x()'>",
    *("&lt;script>", "&lt;!--", "$", "$$", "\\(", "\\)"),
)
PLAIN = st.lists(st.sampled_from([*SIGNS.split(), *SPACES, *TAGS.split()]), max_size=30)
HTML = st.lists(st.sampled_from([*TAGS.split(), *SIGNS.split(), *SPACES, *TRAPS]), max_size=30).map(
    "".join
)


def shown(markdown: str) -> str:
    return str(MARKDOWN.render(markdown)).strip()


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<p>a</p><p>b<br>c</p>", "a\n\nb  \nc"),
        ("x<sup>2</sup> H<sub>2</sub>O e<sup>x y</sup>", "x² H₂O e^(x y)"),
        ("<ul><li>a</li><li><i>b</i></li></ul>", "- a\n- *b*"),
        ("<pre>if x:\n    ```\n</pre>", "````\nif x:\n    ```\n````"),
        ("<code>a\n\n- `b`</code>", "`` a - `b` ``"),
        ("<code>a<p>&lt;b></p></code>", "`a <b>`"),
        ("<b><pre>a\n\n&lt;b></pre></b>", "**`a <b>`**"),
        ("<li><pre>a\n&lt;b></pre></li>", "- `a <b>`"),
        ("<ul><li><pre>a\n\nb</pre></li></ul>", "- ```\n  a\n\n  b\n  ```"),
        ("\\<code>&lt;b></code> &lt;<b></b>script>", "\\\\`<b>` \\<script>"),
        ("$`a&lt;b]($ [a]<b></b>(b)", "$\u2018a< b] ($ [a\\](b)"),
        ("<h2>One\ntwo</h2>", "## One two"),
        ("<div>a</div><center>b</center>c", "a\n\nb\n\nc"),
        ("<o:p></o:p><font color=red>red</font><!-- no -->", "red"),
        ("List<String> a<b", r"List\<String> a\<b"),
        ('<a href="https://e.example/a(b) c">x]y</a>', r"[x\]y](https://e.example/a%28b%29%20c)"),
        ("<table><tr><th>a|b</th></tr></table>", "| a\\|b |\n| --- |"),
        ("&amp;lt; AT&amp;T \\(a_1*b\\)", r"\&lt; AT&T \(a_1*b\)"),
    ],
)
def test_writes_markdown(html: str, markdown: str) -> None:
    assert to_markdown(html) == markdown


@given(HTML)
def test_no_html_makes_markdown_that_runs_anything(html: str) -> None:
    page = shown(to_markdown(html))
    assert "<script" not in page
    assert not re.search(r"<[^>]* (on\w+=|(href|src)=\W*javascript)", page)
    assert nh3.clean(page, link_rel=None).count("<") == page.count("<")


@given(PLAIN.map("".join))
def test_plain_text_is_shown_sign_by_sign(text: str) -> None:
    page = shown(from_plain(text))
    for tag in ("<p>", "</p>", "<br />"):
        page = page.replace(tag, "")
    assert "<" not in page
    assert "".join(unescape(page).split()) == "".join(text.split())
