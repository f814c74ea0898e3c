"""The report in a real Chromium: finding, reading, keys, small screens, assistive technology, hostile text."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.report_pages import HOSTILE, hostile, many
from toolscale.report import write_report
from toolscale.shards.build import Build

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = os.environ.get("CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium found: install one, or name it in CHROMIUM"),
    pytest.mark.xdist_group("chromium"),
]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE = {"width": 360, "height": 740}
WIDE = {"width": 1400, "height": 900}
TIMES = 3
Opened = Callable[..., "Page"]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        running = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="module")
def large(built: Build, tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Three times the build's tasks: enough for several pages."""
    return many(built, tmp_path_factory.mktemp("reports") / "large", TIMES)


@pytest.fixture(scope="module")
def report(large: Build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("reports") / "report.html"
    write_report(large, file)
    return file


@pytest.fixture
def opened(browser: Browser, report: Path) -> Iterator[Opened]:
    """Opens a report; any error of its script and any request but for the file itself fails the test."""
    contexts, troubles = [], []

    def open_page(place: str = "", file: Path = report, **options: Any) -> Page:
        context = browser.new_context(**{"viewport": WIDE, **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda said: troubles.append(said.text) if said.type in ("error", "warning") else None)
        page.on("request", lambda asked: None if asked.url.startswith(file.as_uri()) else troubles.append(asked.url))
        page.goto(file.as_uri() + place)
        page.wait_for_selector("body[data-ready]")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert troubles == []


def found(page: Page) -> str:
    return page.locator("#found").inner_text()


def listed(page: Page) -> list[str]:
    return page.locator("#list strong").all_inner_texts()


def test_filters_and_search_narrow_the_list_and_say_how_many_there_are(opened: Opened, large: Build) -> None:
    rows = list(large.rows("tasks"))
    page = opened("#tasks")
    assert found(page) == f"All {len(rows)} tasks"
    level = min(row["difficulty"]["level"] for row in rows)
    page.select_option("#level", level)
    of_level = [row for row in rows if row["difficulty"]["level"] == level]
    assert found(page) == f"{len(of_level)} of {len(rows)} tasks"
    tool = of_level[0]["reference"][0]["name"]
    page.select_option("#tool", tool)
    both = [row for row in of_level if any(call["name"] == tool for call in row["reference"])]
    assert found(page) == f"{len(both)} of {len(rows)} tasks"
    page.fill("#q", both[0]["task_id"].upper())
    assert listed(page) == [both[0]["task_id"]]
    assert f"tool={tool}" in page.url
    page.click("button[type=reset]")
    assert found(page) == f"All {len(rows)} tasks"
    for name, values in (
        ("rule", lambda row: row["rules"]),
        ("split", lambda row: [row["split"]]),
        ("domain", lambda row: [row["domain"]]),
    ):
        value = next(value for row in rows for value in values(row))
        page.select_option(f"#{name}", value)
        number = sum(value in values(row) for row in rows)
        assert found(page) == (f"All {number} tasks" if number == len(rows) else f"{number} of {len(rows)} tasks")
        page.select_option(f"#{name}", "")


def test_a_long_list_comes_in_pages(opened: Opened, large: Build) -> None:
    ids = [row["task_id"] for row in large.rows("tasks", columns=["task_id"])]
    page = opened("#tasks")
    assert listed(page) == ids[:50]
    page.click("#next-page")
    assert listed(page) == ids[50:100]
    assert page.evaluate("document.activeElement.closest('#list') !== null")
    page.click("#next-page")
    assert listed(page) == ids[100:]
    assert page.locator("#next-page").is_disabled()


def test_a_name_in_the_coverage_leads_to_its_tasks(opened: Opened, large: Build) -> None:
    counts = large.manifest["domains"]["library"]["diversity"]["tools"]
    tool, times = min(((n, t) for n, t in counts.items() if t), key=lambda item: item[1])
    page = opened()
    page.click(f"#figures-view a:text-is('{tool}')")
    page.wait_for_function("location.hash.startsWith('#tasks') && document.querySelector('#tool').value")
    total = large.manifest["tasks"] * TIMES
    assert found(page) == (f"{TIMES * times} of {total} tasks" if times * TIMES < total else f"All {total} tasks")
    assert page.input_value("#tool") == tool


def test_a_task_shows_its_whole_conversation_with_folded_calls(opened: Opened, large: Build) -> None:
    task = next(task for task in large.tasks() if task.criteria.difference.changes and task.criteria.statements)
    page = opened(f"#task/{task.id}")
    page.wait_for_selector("#task-heading")
    messages = large.trajectory(task.id).messages
    bubbles = page.locator(".bubble .text")
    assert [bubbles.nth(place).text_content() for place in range(bubbles.count())] == [
        message["content"]
        for message in messages
        if message["role"] in ("user", "assistant") and message.get("content")
    ]
    calls = page.locator("details.call")
    assert calls.count() == sum(len(message.get("tool_calls") or ()) for message in messages)
    result = calls.first.locator("pre").nth(1)
    assert not result.is_visible()
    calls.first.locator("summary").click()
    assert result.is_visible()
    shown = page.locator("#task").inner_text()
    for change in task.criteria.difference.changes:
        assert change.table in shown
        assert str(change.key[0]) in shown
    assert all(said.about in shown for said in task.criteria.statements)
    assert task.orchestration is not None
    assert task.orchestration.preference.instruction in shown
    assert all(expert.name in shown for expert in task.orchestration.experts)
    assert page.locator("section:has(> h4:text-is('Score')) tbody tr").count() == 5


def test_keys_alone_reach_everything(opened: Opened) -> None:
    page = opened("#tasks")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.type("lib")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    names = listed(page)
    focused = "document.activeElement.querySelector('strong')?.textContent"
    assert page.evaluate(focused) == names[1]
    page.keyboard.press("End")
    assert page.evaluate(focused) == names[-1]
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_selector("#task-heading")
    assert page.evaluate("document.activeElement.id") == "task-heading"
    assert page.locator("#task-heading").inner_text() == names[1]
    page.keyboard.press("Escape")
    page.wait_for_selector("#task", state="hidden")
    assert page.evaluate(focused) == names[1]


def test_tab_passes_through_the_page_and_always_shows_where_it_is(opened: Opened, large: Build) -> None:
    page = opened(f"#task/{next(large.tasks()).id}?q={next(large.tasks()).id}")
    page.wait_for_selector("#task-heading")
    page.evaluate("document.querySelector('.skip').focus()")
    seen = []
    for _ in range(200):
        page.keyboard.press("Tab")
        at = page.evaluate(
            """() => { const at = document.activeElement; const style = getComputedStyle(at);
            return at === document.body ? null : [at.tagName + '#' + at.id + at.textContent.slice(0, 30),
              style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2]; }"""
        )
        if at is None:
            break
        seen.append(at)
    assert at is None, "the focus never leaves the page"
    assert len(seen) > 15
    assert [name for name, visible in seen if not visible] == []


@pytest.mark.parametrize("place", ["", "#tasks", "#task/"])
def test_a_phone_never_scrolls_sideways(opened: Opened, large: Build, place: str) -> None:
    page = opened(place + (next(large.tasks()).id if place.endswith("/") else ""), viewport=PHONE)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    small = page.evaluate(
        """() => [...document.querySelectorAll('button, select, input, #list a')].filter((one) => one.checkVisibility()
        && one.getBoundingClientRect().height < 40).map((one) => one.outerHTML)"""
    )
    assert small == [], "fingers need 40 pixels"


@pytest.mark.parametrize(
    ("scheme", "only"),
    [("light", ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]), ("dark", ["color-contrast"])],
)
def test_axe_finds_nothing_to_mend(opened: Opened, large: Build, scheme: str, only: list[str]) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    source = (Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
    page = opened("", color_scheme=scheme)
    page.evaluate(source)
    for place in ("", "#tasks", f"#task/{next(large.tasks()).id}"):
        page.evaluate("(place) => { location.hash = place; }", place)
        page.wait_for_timeout(200)
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        violations = page.evaluate("(only) => axe.run({ runOnly: only }).then((found) => found.violations)", only)
        faults = [(one["id"], one["nodes"][0]["html"][:200]) for one in violations]
        assert faults == [], (scheme, place)


def test_text_that_looks_like_markup_is_read_as_it_is(opened: Opened, built: Build, tmp_path: Path) -> None:
    build = hostile(built, tmp_path / "hostile")
    write_report(build, tmp_path / "hostile.html")
    task = next(build.tasks())
    page = opened("", file=tmp_path / "hostile.html")
    page.goto(f"{(tmp_path / 'hostile.html').as_uri()}#task/{task.id}")
    page.wait_for_selector("#task-heading")
    assert HOSTILE in str(page.locator(".bubble .text").first.text_content())
    assert HOSTILE in str(page.locator("#list .row-text").first.text_content())
    assert HOSTILE in str(page.locator("#figures-view td", has_text="onerror").first.text_content())
    assert page.evaluate("[window.broken, document.images.length]") == [None, 0]


def test_without_scripts_the_figures_are_there(browser: Browser, report: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(report.as_uri())
    assert page.locator("#figures-view").is_visible()
    assert page.locator("noscript p").is_visible()
    context.close()
