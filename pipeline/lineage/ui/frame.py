"""The frame of every page of `graduate ui`, and the small pieces that pages are made of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from graduate.page.shell import text
from graduate.pipeline.lineage.page import telling
from graduate.pipeline.lineage.ui import response
from graduate.pipeline.lineage.ui.response import Response

_NAVIGATION = (("/", "Runs"), ("/search?what=executions", "Executions"), ("/search?what=artifacts", "Artifacts"))
_STYLE = re.compile(r' style="([^"]*)"')


def page(title: str, body: Iterable[str], *, where: str, at: str = "", sought: str = "", status: int = 200) -> Response:
    """A whole page.

    Args:
        title: of the page.
        body: markup.
        where: the store.
        at: the entry of the navigation that the page belongs to.
        sought: what the search field holds.
        status: HTTP's.
    """
    links = "".join(f'<a href="{href}"{_CURRENT if name == at else ""}>{name}</a>' for href, name in _NAVIGATION)
    content, styles = _strict("\n".join(body))
    inline = "".join(f"<style>{style}</style>" for style in styles)
    markup = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text(title)} · Graduate</title>\n"
        '<link rel="icon" href="/static/icon.svg" type="image/svg+xml"><link rel="stylesheet" href="/static/ui.css">\n'
        f'{inline}</head>\n<body>\n<a class="skip" href="#content">Skip to the content</a>\n'
        f'<header class="top"><a class="brand" href="/">Graduate</a><nav aria-label="Main">{links}</nav>'
        '<form action="/search" role="search"><label><span class="unseen">Search the store</span>'
        f'<input type="search" name="q" value="{text(sought)}" placeholder="Search runs, artifacts, URIs">'
        f'</label></form></header>\n<main id="content">\n{content}\n</main>\n'
        f'<footer class="store">{text(where)}</footer>\n'
        '<script src="/static/ui.js"></script>\n</body>\n</html>\n'
    )
    return response.page(markup, status=status, styles=styles)


_CURRENT = ' aria-current="page"'


def _strict(markup: str) -> tuple[str, list[str]]:
    """Style attributes as rules of one inline style, so that the policy need not allow any attribute.

    Text is escaped, so that ` style="` stands only where we wrote it.
    """
    rules: dict[str, int] = {}

    def named(found: re.Match[str]) -> str:
        return f' data-s="{rules.setdefault(found[1], len(rules))}"'

    strict = _STYLE.sub(named, markup)
    return strict, ["".join(f'[data-s="{at}"]{{{rule}}}' for rule, at in rules.items())] if rules else []


def failure(title: str, message: str, hint: str | None, *, where: str, status: int) -> Response:
    """A page that says what went wrong, and what to do."""
    advice = f"<p>{text(hint)}</p>" if hint else ""
    body = f'<h1>{text(title)}</h1><div class="failure" role="alert"><p>{text(message)}</p>{advice}</div>'
    return page(title, [body, '<p><a href="/">All runs</a></p>'], where=where, status=status)


def run_path(run_id: str) -> str:
    """The page of a run."""
    return f"/run/{quote(run_id, safe='')}"


def run_link(run_id: str, label: str = "") -> str:
    return f'<a href="{text(run_path(run_id))}">{text(label or run_id)}</a>' if run_id else "–"


def link(path: str, label: Any) -> str:
    """A link to a path of ours."""
    return f'<a href="{text(path)}">{text(label)}</a>'


def address(path: str, **query: Any) -> str:
    """A path with those of the queries that say something."""
    given = {key: value for key, value in query.items() if value not in (None, "")}
    return f"{path}?{urlencode(given, errors='replace')}" if given else path


def facts(rows: Mapping[str, str]) -> str:
    """Name over value, side by side; values are markup."""
    cells = "".join(f"<div><dt>{text(name)}</dt><dd>{value}</dd></div>" for name, value in rows.items() if value)
    return f'<dl class="facts">{cells}</dl>'


def properties(values: Mapping[str, Any]) -> str:
    """A table of names and values; what is long can be folded out."""
    rows = "".join(
        f"<tr><th scope=row>{text(name)}</th><td>{_value(value)}</td></tr>" for name, value in values.items()
    )
    return f'<table class="properties"><tbody>{rows}</tbody></table>' if rows else '<p class="dim">None.</p>'


def _value(value: Any) -> str:
    said = telling.value_of(value, most=100_000)
    if len(said) <= 160 and "\n" not in said:
        return text(said)
    first = telling.shortened(" ".join(said.split()), 90)
    return f"<details><summary>{text(first)}</summary><pre>{text(said)}</pre></details>"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Sequence[str] = ()) -> str:
    """A table whose cells are markup; on a narrow screen each row becomes a card that names its cells."""
    head = "".join(f"<th scope=col{_kind(name in numbers)}>{text(name)}</th>" for name in columns)
    lines = "".join(
        "<tr>"
        + "".join(
            f'<td data-name="{text(name)}"{_kind(name in numbers)}>{cell}</td>'
            for name, cell in zip(columns, row, strict=True)
        )
        + "</tr>"
        for row in rows
    )
    return f'<table class="cards"><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>'


def _kind(number: bool) -> str:
    return ' class="number"' if number else ""


def pages(*, older: str | None, newest: str | None) -> str:
    """Links to the pages beside this one."""
    links = [f'<a class="button" href="{text(newest)}">« Newest</a>'] if newest else []
    links += [f'<a class="button" rel="next" href="{text(older)}">Older »</a>'] if older else []
    return f'<nav class="pages" aria-label="Pages">{"".join(links)}</nav>' if links else ""


def select(name: str, label: str, options: Iterable[tuple[str, str]], chosen: str) -> str:
    """A choice."""
    drawn = "".join(
        f'<option value="{text(value)}"{" selected" if value == chosen else ""}>{text(said)}</option>'
        for value, said in options
    )
    return f'<label><span class="unseen">{text(label)}</span><select name="{name}">{drawn}</select></label>'


def framed(path: str, title: str) -> str:
    """A file of an artifact, drawn in a frame that belongs to no origin and may run its own script alone."""
    return (
        f'<iframe class="report" src="{text(path)}" title="{text(title)}" sandbox="allow-scripts" loading="lazy"'
        ' referrerpolicy="no-referrer"></iframe>'
    )
