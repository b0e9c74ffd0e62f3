"""Signing in, one's own account and all accounts, as people use them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import text

from geoservice.access import accounts
from geoservice.database.actor import EVERYWHERE, SYSTEM, Actor
from geoservice.database.engine import Database
from geoservice.resources import resource
from tests.browser.conftest import Desk
from tests.people import PASSWORD, add_person, hold_session

pytestmark = pytest.mark.browser


def sign_in(page: Page, name: str, password: str) -> None:
    page.fill("#name", name)
    page.fill("#password", password)
    expect(page.locator("#sign-in button")).to_be_enabled()
    page.keyboard.press("Enter")


def test_the_first_administrator_lets_others_in(
    open_desk: Callable[..., Desk], office: tuple[str, Database], artefacts: Path
) -> None:
    base, database = office
    with database.connect(actor=SYSTEM) as connection:
        once = accounts.first_administrator(connection)
    desk = open_desk(None, base=base)
    page = desk.page
    desk.watch.allowed += ["/api/session", "/api/accounts"]
    page.goto(f"{base}/accounts")
    expect(page).to_have_url(re.compile(r"/sign-in\?next=/accounts"))
    page.screenshot(path=artefacts / "sign-in.png")
    sign_in(page, "admin", "not the password")
    expect(page.locator("#said")).to_contain_text("用户名或口令不对")
    page.screenshot(path=artefacts / "sign-in-refused.png")
    sign_in(page, "admin", once)
    expect(page.locator("main")).to_contain_text("请先把一次性口令改为自己的口令")
    page.fill("#old", once)
    page.fill("#new", PASSWORD)
    page.fill("#again", PASSWORD + "x")
    expect(page.get_by_role("button", name="修改口令")).to_be_enabled()
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text("不一致")
    page.fill("#again", PASSWORD)
    page.screenshot(path=artefacts / "change-password.png")
    page.keyboard.press("Enter")
    expect(page.locator("#token")).to_be_visible()
    page.click("text=账户 >> nth=0")
    page.locator("summary", has_text="新建账户").click()
    page.fill("#name", "王.干驿")
    page.fill("#person", "王小明（干驿镇民政办）")
    page.select_option("#role", "clerk")
    page.select_option("#unit", label="干驿镇")
    page.click("#add button")
    expect(page.locator("#said .secret")).to_be_visible()
    row = page.locator("#accounts tr", has_text="王.干驿")
    expect(row).to_contain_text("经办（干驿镇）")
    expect(row).to_contain_text("待改口令")
    page.screenshot(path=artefacts / "accounts.png")
    row.get_by_role("button", name="角色").click()
    page.select_option("#more-role", "viewer")
    page.click("#more")
    page.screenshot(path=artefacts / "account-roles.png")
    page.click("#save")
    expect(row).to_contain_text("查看（全部）")
    row.get_by_role("button", name="停用").click()
    expect(row).to_contain_text("已停用")
    page.set_viewport_size({"width": 390, "height": 844})
    page.screenshot(path=artefacts / "accounts-phone.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_form_is_not_sent_before_its_page_listens(
    open_desk: Callable[..., Desk], office: tuple[str, Database]
) -> None:
    """Else the browser would write the password into the address."""
    base, _ = office
    desk = open_desk(None, base=base)
    desk.watch.allowed.append("/pages/")
    page = desk.page
    page.route("**/pages/*.js", lambda route: route.abort())
    page.goto(f"{base}/sign-in")
    page.fill("#name", "admin")
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#sign-in button[type=submit]")).to_be_disabled()
    expect(page).to_have_url(f"{base}/sign-in")
    for template in ("sign_in", "account", "accounts"):
        text = resource("web", "templates", f"{template}.html").read_text("utf-8")
        assert text.count('type="submit"') == text.count('type="submit" disabled') == text.count('method="post"') > 0


def test_two_administrators_do_not_overwrite_each_other(
    open_desk: Callable[..., Desk], office: tuple[str, Database]
) -> None:
    base, database = office
    add_person(database, "chief", "administrator")
    add_person(database, "zhao", "viewer")
    desk = open_desk(None, base=base)
    desk.watch.allowed.append("/api/accounts")
    page = desk.page
    page.goto(f"{base}/sign-in?next=/accounts")
    sign_in(page, "chief", PASSWORD)
    row = page.locator("#accounts tr", has_text="zhao")
    expect(row).to_contain_text("可登录")
    with database.connect(actor=SYSTEM) as connection:
        accounts.set_grants(connection, accounts.account(connection, "zhao").id, [])
    row.get_by_role("button", name="停用").click()
    expect(page.locator("#said")).to_contain_text("别人已经改过")
    page.locator("#said button").click()
    expect(row).to_contain_text("没有角色")


def test_a_token_is_shown_once_and_revoked(
    open_desk: Callable[..., Desk], office: tuple[str, Database], artefacts: Path
) -> None:
    base, database = office
    add_person(database, "sun", "planner")
    desk = open_desk(None, base=base)
    page = desk.page
    page.goto(f"{base}/sign-in?next=/account&lang=en")
    sign_in(page, "sun", PASSWORD)
    page.fill("#for", "Daily <b>exchange</b> 每日交换")
    page.locator("#token button").click()
    token = page.locator("#token-said .secret").inner_text()
    assert token.startswith("gs_")
    page.screenshot(path=artefacts / "account-en.png", full_page=True)
    page.reload()
    expect(page.locator("#tokens")).to_contain_text("Daily <b>exchange</b> 每日交换")
    assert token not in page.content()
    page.locator("#tokens button").click()
    expect(page.locator("#tokens")).to_contain_text(re.compile("revoked|已撤销"))
    page.click("#sign-out")
    expect(page).to_have_url(f"{base}/")


def test_the_map_says_who_is_signed_in(
    open_desk: Callable[..., Desk], office: tuple[str, Database], artefacts: Path
) -> None:
    base, database = office
    held = hold_session(database, add_person(database, "欧阳.地名区划股", "planner"))
    public = open_desk("", base=base)
    expect(public.page.locator("#account")).to_have_text("登录")
    desk = open_desk("", base=base, who=held, width=390, height=844)
    link = desk.page.locator("#account")
    expect(link).to_have_text("欧阳.地名区划股")
    assert desk.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    desk.page.screenshot(path=artefacts / "account-phone-map.png")
    desk.page.set_viewport_size({"width": 1280, "height": 760})
    desk.page.screenshot(path=artefacts / "account-map.png")
    link.click()
    expect(desk.page).to_have_url(f"{base}/account")


def test_staff_see_what_became_of_a_record(
    open_desk: Callable[..., Desk], office: tuple[str, Database], artefacts: Path
) -> None:
    base, database = office
    held = hold_session(database, add_person(database, "沿革", "reviewer"))
    clerk = Actor("王芳", reads=EVERYWHERE, edits=EVERYWHERE)
    with database.connect(actor=clerk) as connection:
        number = connection.execute(text("select min(id) from facility where type = 'nursing_home'")).scalar_one()
        connection.execute(text("select set_config('geoservice.reason', '实地核实，<b>门牌</b>有误', true)"))
        connection.execute(
            text("update facility set beds = coalesce(beds, 0) + 7, address = '干驿镇史家岭村一组' where id = :id"),
            {"id": number},
        )
    fragment = f"#sel=facility:{number}"
    public = open_desk(fragment, base=base).page
    expect(public.locator("#details-name")).to_be_visible()
    assert public.locator(".history-fold").count() == 0
    for width, height in ((1280, 900), (390, 844)):
        page = open_desk(fragment, base=base, who=held, width=width, height=height).page
        if width < 600:
            page.click("[data-sheet=details]")
        page.locator(".history-fold summary").click()
        newest = page.locator(".history li").first
        expect(newest).to_contain_text("修改")
        expect(newest).to_contain_text("王芳")
        expect(newest).to_contain_text("<b>门牌</b>")
        expect(newest.locator("ins").first).to_be_visible()
        expect(page.locator(".history li").last).to_contain_text("导入")
        page.locator(".history-fold").scroll_into_view_if_needed()
        page.screenshot(path=artefacts / f"history-{width}.png")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
