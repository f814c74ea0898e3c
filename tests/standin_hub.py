"""A stand-in for the Hub: a real HTTP server with the endpoints that huggingface_hub calls, on repositories kept in memory.

It keeps what matters for releases as the Hub does: commits that happen whole or not at all, `parentCommit`, tags that cannot be
moved, large files by SHA-256 apart from commits, private repositories that strangers are told nothing of, tokens, ranges. Paths
and payloads were read off the installed client. What a test wants to go wrong is said by `hold` and `damage`.
"""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import yaml

from tests.standin_repository import Files, Refused, Repository, blob_id, file_entry, folder_entry, ref

_REPOSITORY = r"(?P<repository>[^/]+/[^/]+)"


class StandInHub:
    """The server. `tokens` may write to every organisation; requests without one see what is public."""

    def __init__(self) -> None:
        self.repositories: dict[str, Repository] = {}
        self.large_files: dict[str, bytes] = {}
        self.tokens = {"hf_writer"}
        self.seen: list[str] = []
        self.echo_tokens = False
        self._closed = False
        self._lock = threading.RLock()
        self._held: dict[str, tuple[threading.Event, threading.Event]] = {}
        self._damaged: dict[str, int] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True, kwargs={"poll_interval": 0.05}).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        """Answer nobody any more, on open connections neither."""
        if self._closed:
            return
        self._closed = True
        self._server.shutdown()
        self._server.server_close()

    def hold_copy(self, name: str, repository: Repository) -> None:
        """Have a repository as if it had been published here."""
        self.repositories[name] = copy.deepcopy(repository)
        for files in repository.commits.values():
            self.large_files |= {
                hashlib.sha256(files[p]).hexdigest(): files[p] for p in repository.large & files.keys()
            }

    @contextmanager
    def hold(self, action: str) -> Iterator[threading.Event]:
        """Keep requests for an action (commit, tag, lfs-upload, resolve) waiting, and drop them at the end, undone.

        Gives the event that is set when the first has come.
        """
        come, go = threading.Event(), threading.Event()
        self._held[action] = (come, go)
        try:
            yield come
        finally:
            del self._held[action]
            go.set()

    def damage(self, path: str, times: int) -> None:
        """Change a byte of the next `times` answers with the file."""
        self._damaged[path] = times

    def _handler(hub) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                body = self._body()
                split = urlsplit(self.path)
                action, named = _route(self.command, split.path)
                if not action:
                    self._send(404, {"error": f"the stand-in has no {self.command} {split.path}"})
                    return
                held = hub._held.get(action)
                if hub._closed:
                    self.close_connection = True
                    return
                if held is not None:
                    held[0].set()
                    held[1].wait(60)
                    self.close_connection = True
                    return
                try:
                    with hub._lock:
                        hub.seen.append(action)
                        query = {key: values[0] for key, values in parse_qs(split.query).items()}
                        request = Request(hub, self.headers, body, query, self.command, named)
                        status, content, headers = getattr(request, action.replace("-", "_"))()
                except Refused as error:
                    headers = {"X-Error-Message": str(error), **({"X-Error-Code": error.code} if error.code else {})}
                    said = str(error) + (str(self.headers.get("Authorization")) if hub.echo_tokens else "")
                    status, content = error.status, {"error": said}
                    if hub.echo_tokens:
                        headers["X-Error-Message"] = said
                self._send(status, content, headers)

            do_GET = do_HEAD = do_POST = do_PUT = answer  # noqa: N815

            def _body(self) -> bytes:
                if self.headers.get("Transfer-Encoding") != "chunked":
                    return self.rfile.read(int(self.headers.get("Content-Length", 0)))
                chunks = []
                while size := int(self.rfile.readline(), 16):
                    chunks.append(self.rfile.read(size))
                    self.rfile.readline()
                self.rfile.readline()
                return b"".join(chunks)

            def _send(self, status: int, content: Any, headers: dict[str, str] | None = None) -> None:
                data = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.send_response(status)
                for name, value in {"Content-Length": str(len(data)), **(headers or {})}.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(data)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        return Handler


Answer = tuple[int, Any, dict[str, str]]


@dataclass
class Request:
    """One request, with a method for each action."""

    hub: StandInHub
    headers: Any
    body: bytes
    query: dict[str, str]
    command: str
    named: dict[str, str]

    def create(self) -> Answer:
        self._writer()
        asked = json.loads(self.body)
        name = f"{asked['organization']}/{asked['name']}"
        url = {"url": f"{self.hub.url}/datasets/{name}"}
        if name in self.hub.repositories:
            return 409, {**url, "error": "You already created this dataset repo"}, {}
        made = self.hub.repositories[name] = Repository(
            private=asked.get("visibility") == "private" or asked.get("private", False)
        )
        made.commit("main", {".gitattributes": b"*.parquet filter=lfs diff=lfs merge=lfs -text\n"})
        return 200, url, {}

    def validate_yaml(self) -> Answer:
        _, header, _ = json.loads(self.body)["content"].split("---\n", 2)
        try:
            content = yaml.safe_load(header)
        except yaml.YAMLError as error:
            return 400, {"errors": [{"message": str(error)}]}, {}
        if not isinstance(content, dict) or not content.get("license"):
            return 400, {"errors": [{"message": "license is missing"}]}, {}
        return 200, {"errors": [], "warnings": []}, {}

    def info(self) -> Answer:
        repository, commit, files = self._at(self.named["revision"] or "main")
        siblings = [{"rfilename": name} for name in sorted(files)]
        return (
            200,
            {
                "id": self.named["repository"],
                "sha": commit,
                "private": repository.private,
                "siblings": siblings,
                "tags": [],
            },
            {},
        )

    def refs(self) -> Answer:
        repository = self._repository()
        return (
            200,
            {
                "branches": [ref("heads", *item) for item in repository.branches.items()],
                "tags": [ref("tags", *item) for item in repository.tags.items()],
                "converts": [],
            },
            {},
        )

    def tree(self) -> Answer:
        repository, _, files = self._at(self.named["revision"])
        inside = f"{self.named['path']}/" if self.named["path"] else ""
        below = {name: data for name, data in files.items() if name.startswith(inside)}
        if inside and not below:
            raise Refused(404, "no such path", "EntryNotFound")
        recursive = self.query.get("recursive", "").lower() == "true"
        folders = {
            inside + name.removeprefix(inside).split("/")[0] for name in below if "/" in name.removeprefix(inside)
        }
        listed = [folder_entry(name) for name in sorted(folders)] if not recursive else []
        direct = {name: data for name, data in below.items() if recursive or "/" not in name.removeprefix(inside)}
        return 200, [*listed, *(file_entry(repository, name, data) for name, data in sorted(direct.items()))], {}

    def paths_info(self) -> Answer:
        repository, _, files = self._at(self.named["revision"])
        asked = json.loads(self.body) if self.body.startswith(b"{") else parse_qs(self.body.decode())
        return 200, [file_entry(repository, name, files[name]) for name in asked["paths"] if name in files], {}

    def preupload(self) -> Answer:
        self._writer()
        repository, _, files = self._at(self.named["revision"])
        answers = [
            {
                "path": item["path"],
                "uploadMode": "lfs" if item["path"].endswith(".parquet") else "regular",
                "shouldIgnore": False,
                "oid": blob_id(repository, item["path"], files[item["path"]]) if item["path"] in files else None,
            }
            for item in json.loads(self.body)["files"]
        ]
        return 200, {"files": answers}, {}

    def lfs_batch(self) -> Answer:
        self._writer()
        objects = []
        for item in json.loads(self.body)["objects"]:
            wanted = {"upload": {"href": f"{self.hub.url}/lfs/{item['oid']}"}}
            missing = item["oid"] not in self.hub.large_files
            objects.append({**item, **({"actions": wanted} if missing else {})})
        return 200, {"transfer": "basic", "objects": objects}, {}

    def lfs_upload(self) -> Answer:
        if hashlib.sha256(self.body).hexdigest() != self.named["oid"]:
            raise Refused(400, "the content has another hash")
        self.hub.large_files[self.named["oid"]] = self.body
        return 200, {}, {}

    def commit(self) -> Answer:
        self._writer()
        branch = self.named["revision"]
        repository, head, before = self._at(branch)
        lines = [json.loads(line) for line in self.body.splitlines()]
        wanted = lines[0]["value"].get("parentCommit")
        if wanted is not None and wanted != head:
            raise Refused(412, "A commit has happened since. Please refresh and try again.")
        files = dict(before)
        for line in lines[1:]:
            path = line["value"]["path"]
            if line["key"] == "file":
                files[path] = base64.b64decode(line["value"]["content"])
            elif line["key"] == "lfsFile":
                files[path] = self.hub.large_files[line["value"]["oid"]]
                repository.large.add(path)
            else:
                del files[path]
        made = repository.commit(branch, files)
        return (
            200,
            {"commitUrl": f"{self.hub.url}/datasets/{self.named['repository']}/commit/{made}", "commitOid": made},
            {},
        )

    def tag(self) -> Answer:
        self._writer()
        repository, commit, _ = self._at(self.named["revision"])
        name = json.loads(self.body)["tag"]
        if name in repository.tags:
            raise Refused(409, f"Tag reference exists already: {name}")
        repository.tags[name] = commit
        return 200, {}, {}

    def branch(self) -> Answer:
        self._writer()
        repository, commit, _ = self._at(json.loads(self.body).get("startingPoint") or "main")
        if self.named["branch"] in repository.branches:
            raise Refused(409, "Reference already exists")
        repository.branches[self.named["branch"]] = commit
        return 200, {}, {}

    def resolve(self) -> Answer:
        repository, commit, files = self._at(self.named["revision"])
        path = self.named["path"]
        if path not in files:
            raise Refused(404, "Entry not found", "EntryNotFound")
        data = files[path]
        etag = f'"{blob_id(repository, path, data)}"'
        headers = {"X-Repo-Commit": commit, "ETag": etag, "Accept-Ranges": "bytes"}
        if path in repository.large:
            headers |= {"X-Linked-Etag": f'"{hashlib.sha256(data).hexdigest()}"', "X-Linked-Size": str(len(data))}
        span = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
        if span is None:
            return 200, self._perhaps_damaged(path, data), headers
        first, last = int(span[1]), min(int(span[2] or len(data) - 1), len(data) - 1)
        return 206, data[first : last + 1], {**headers, "Content-Range": f"bytes {first}-{last}/{len(data)}"}

    def _perhaps_damaged(self, path: str, data: bytes) -> bytes:
        left = self.hub._damaged.get(path, 0)
        if not left or (self.headers.get("Accept-Encoding") == "identity" and not self.headers.get("User-Agent")):
            return data
        self.hub._damaged[path] = left - 1
        middle = len(data) // 2
        return data[:middle] + bytes([data[middle] ^ 0xFF]) + data[middle + 1 :]

    def _token(self) -> str | None:
        sent = self.headers.get("Authorization")
        if sent is None:
            return None
        token = sent.removeprefix("Bearer ")
        if token not in self.hub.tokens:
            raise Refused(401, "Invalid credentials in Authorization header")
        return token

    def _writer(self) -> None:
        if self._token() is None:
            raise Refused(401, "You must be logged in")

    def _repository(self) -> Repository:
        token = self._token()
        repository = self.hub.repositories.get(self.named["repository"])
        if repository is None or (repository.private and token is None):
            raise Refused(404 if token else 401, "Repository not found", "RepoNotFound")
        return repository

    def _at(self, revision: str) -> tuple[Repository, str, Files]:
        repository = self._repository()
        commit = repository.resolve(revision)
        if commit is None:
            raise Refused(404, f"Invalid rev id: {revision}", "RevisionNotFound")
        return repository, commit, repository.commits[commit]


def _route(command: str, path: str) -> tuple[str, dict[str, str]]:
    """Return the action of a request and the parts of its path, or no action."""
    for commands, pattern, action in _ROUTES:
        match = re.fullmatch(pattern, path)
        if match and command in commands:
            return action, {key: unquote(value) for key, value in match.groupdict(default="").items()}
    return "", {}


_API = rf"/api/datasets/{_REPOSITORY}"
_ROUTES = [
    (("POST",), r"/api/repos/create", "create"),
    (("POST",), r"/api/validate-yaml", "validate-yaml"),
    (("GET",), rf"{_API}/refs", "refs"),
    (("GET",), rf"{_API}/tree/(?P<revision>[^/]+)(/(?P<path>.+))?", "tree"),
    (("POST",), rf"{_API}/paths-info/(?P<revision>[^/]+)", "paths-info"),
    (("POST",), rf"{_API}/preupload/(?P<revision>[^/]+)", "preupload"),
    (("POST",), rf"{_API}/commit/(?P<revision>[^/]+)", "commit"),
    (("POST",), rf"{_API}/tag/(?P<revision>[^/]+)", "tag"),
    (("POST",), rf"{_API}/branch/(?P<branch>[^/]+)", "branch"),
    (("GET",), rf"{_API}(/revision/(?P<revision>[^/]+))?", "info"),
    (("POST",), rf"/datasets/{_REPOSITORY}\.git/info/lfs/objects/batch", "lfs-batch"),
    (("PUT",), r"/lfs/(?P<oid>[0-9a-f]{64})", "lfs-upload"),
    (("GET", "HEAD"), rf"/datasets/{_REPOSITORY}/resolve/(?P<revision>[^/]+)/(?P<path>.+)", "resolve"),
]
