"""A self-contained page that follows the reader's light or dark setting. Everything given is escaped."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

# Colours that every page shares; what words are set in has a contrast of at least 4.5. Printed, a page is light.
PALETTE = """
:root { color-scheme: light dark; --ink: #1c2024; --dim: #60646c; --line: #d9dce1; --paper: #fff; --soft: #f4f5f7;
  --good: #18794e; --bad: #c62a2f; --warn: #8f5b00; --live: #0b62c4; --calm: #3a5b7a; --link: #0b62c4;
  --wire: #aeb3ba; --seal: #8b5bd6; }
@media screen and (prefers-color-scheme: dark) { :root { --ink: #edeef0; --dim: #a0a4ab; --line: #3a3d42;
  --paper: #17181b; --soft: #212327; --good: #4cc38a; --bad: #ff8589; --warn: #ffc46b; --live: #7db0ff;
  --calm: #a9c4dd; --link: #7db0ff; --wire: #646a73; --seal: #c4a5ff; } }
"""
_STYLE = (
    PALETTE
    + """
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 0 auto;
  max-width: 60rem; padding: 2rem 1.25rem 4rem; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
p.lead { color: var(--dim); margin: 0 0 1.5rem; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; min-width: 20rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem .9rem .3rem 0; border-bottom: 1px solid var(--line); }
th { font-weight: 600; } td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
.good { color: var(--good); } .bad { color: var(--bad); font-weight: 600; }
pre { background: var(--soft); padding: .8rem 1rem; overflow-x: auto; border-radius: .4rem; font-size: 13px; }
ul { padding-left: 1.2rem; } li { margin: .2rem 0; }
"""
)


def page(title: str, lead: str, body: Iterable[str]) -> str:
    """A whole page; `body` is markup made by the functions below."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f'<h1>{text(title)}</h1>\n<p class="lead">{text(lead)}</p>\n' + "\n".join(body) + "\n</body>\n</html>\n"
    )


def text(value: Any) -> str:
    """Any value as escaped text; a number with four significant digits."""
    if isinstance(value, float):
        value = f"{value:.4g}"
    return html.escape("–" if value is None else str(value))


def heading(title: str) -> str:
    return f"<h2>{text(title)}</h2>"


def facts(rows: Mapping[str, Any]) -> str:
    """Two columns: what, and its value."""
    lines = (f"<tr><th scope=row>{text(key)}</th><td>{text(value)}</td></tr>" for key, value in rows.items())
    return f'<div class="scroll"><table>{"".join(lines)}</table></div>'


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table; numbers are set flush right."""
    head = "".join(
        f"<th scope=col{'' if at == 0 else ' class=number'}>{text(name)}</th>" for at, name in enumerate(columns)
    )
    lines = ("<tr>" + "".join(_cell(value) for value in row) + "</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{"".join(lines)}</tbody></table></div>'


def _cell(value: Any) -> str:
    number = isinstance(value, (int, float)) or value is None
    return f"<td{' class=number' if number else ''}>{text(value)}</td>"


def marked(sentences: Iterable[tuple[bool, str]]) -> str:
    """A list of sentences, each with the word passed or refused before it: colour alone would not reach everybody."""
    words = {True: '<span class="good">passed</span>', False: '<span class="bad">refused</span>'}
    return "<ul>" + "".join(f"<li>{words[passed]} {text(sentence)}</li>" for passed, sentence in sentences) + "</ul>"


def preformatted(content: str) -> str:
    return f"<pre>{text(content)}</pre>"
