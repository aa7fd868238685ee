"""Plays a person with a phone, for the demo's journey and the tests: opens the sign-in page and fills in its forms."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from html.parser import HTMLParser
from types import TracebackType
from typing import Self
from urllib.parse import urljoin

import httpx


class PageChanged(Exception):
    """The page does not have the form that was expected."""


class Phone:
    """Signs in on the pages that the local cloud serves, over real HTTP; see `tvapp.localcloud.sign_in_page`."""

    def __init__(self, cloud: Mapping[str, str]) -> None:
        context = ssl.create_default_context(cafile=cloud["ca_bundle"])
        self._client = httpx.Client(verify=context, follow_redirects=True, trust_env=False, timeout=15.0)
        self._control = cloud["control"]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def waiting_code(self) -> str:
        """Return the newest user code that is not approved yet, from the local cloud's control API."""
        codes = self.control("GET", "/pending")
        if not isinstance(codes, list) or not codes:
            raise PageChanged("no code is waiting")
        return str(max(codes, key=lambda code: float(code["expires_in"]))["user_code"])

    def control(self, method: str, path: str, body: Mapping[str, object] | None = None) -> object:
        """Call the local cloud's control API; returns its JSON answer."""
        answer = self._client.request(method, f"{self._control}{path}", json=body)
        answer.raise_for_status()
        return answer.json()

    def sign_in(self, verification_uri: str, user_code: str, person: str, *, decline: bool = False) -> str:
        """Type the code, pick the person, allow (or decline); returns the last page's text."""
        page = self._client.get(verification_uri)
        page = self._submit(page, {"user_code": user_code})
        page = self._submit(page, {"person": person, "decision": "decline" if decline else "allow"})
        return page.text

    def _submit(self, page: httpx.Response, values: Mapping[str, str]) -> httpx.Response:
        page.raise_for_status()
        form = _Form()
        form.feed(page.text)
        missing = [name for name in values if name not in form.names]
        if missing:
            raise PageChanged(f"no field {missing[0]}")
        target = urljoin(str(page.url), form.action or str(page.url))
        return self._client.post(target, data={**form.hidden, **values})


class _Form(HTMLParser):
    """The form of a page: its target, its hidden fields, and the names of all fields."""

    def __init__(self) -> None:
        super().__init__()
        self.action = ""
        self.hidden: dict[str, str] = {}
        self.names: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = given.get("action", "")
        if tag in ("input", "button", "select") and (name := given.get("name")):
            self.names.add(name)
            if given.get("type") == "hidden":
                self.hidden[name] = given.get("value", "")
