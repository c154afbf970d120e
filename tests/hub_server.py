"""A server on this machine that speaks the Hub's routes."""

from __future__ import annotations

import base64
import hashlib
import http.server
import json
import re
import sys
import threading
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

REPOSITORY = r"([^/]+/[^/]+)"


class Repository:
    """Commits, each with the bytes of its files by path, and the branches and tags."""

    def __init__(self, private: bool = False) -> None:
        self.private = private
        self.commits: dict[str, dict[str, bytes]] = {}
        self.refs: dict[str, str] = {}
        self.refusal: Refusal | None = None
        self.messages: dict[str, str] = {}

    def commit(self, files: dict[str, bytes], oid: str, *refs: str) -> None:
        self.commits[oid] = files
        self.refs.update(dict.fromkeys(refs, oid))


class Hub(http.server.ThreadingHTTPServer):
    """Repositories behind a URL.

    Attributes:
        repositories: by ``owner/name``.
        writers: the owners that each token may write for.
        asked: "METHOD path" of every request.
        cut: after so many bytes the next download of a large file ends, connection and all.
        damage: what becomes of a large file on its way; its length is what comes out.
        silent: part of the paths of requests that are taken in and never answered.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.repositories: dict[str, Repository] = {}
        self.writers: dict[str, set[str]] = {}
        self.large: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.ranges: list[str] = []
        self.cut: int | None = None
        self.damage: Callable[[bytes], bytes] | None = None
        self.silent: str | None = None
        self.over = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def add(self, name: str, commits: dict[str, dict[str, bytes]], **refs: str) -> None:
        """Publish a repository: its files by commit, its commits by branch or tag."""
        repository = self.repositories[name] = Repository()
        repository.commits.update(commits)
        repository.refs.update(refs)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet about clients that leave early, not about our own faults."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class Refusal(Exception):
    def __init__(self, status: int, code: str = "", said: str = "") -> None:
        self.status, self.code, self.said = status, code, said


class Handler(http.server.BaseHTTPRequestHandler):
    server: Hub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer()

    do_HEAD = do_POST = do_PUT = do_GET  # noqa: N815 (the base class wants these names)

    def _answer(self) -> None:
        self.server.asked.append(f"{self.command} {self.path}")
        path = urllib.parse.urlsplit(self.path).path
        body = self._body()
        if self.server.silent is not None and self.server.silent in path:
            self.server.over.wait()
            self.close_connection = True
            return None
        for method, pattern, answer in ROUTES:
            found = re.fullmatch(pattern, path)
            if found and self.command in method.split():
                parts = [urllib.parse.unquote(g) if g else "" for g in found.groups()]
                try:
                    return answer(self, body, *parts)
                except Refusal as refusal:
                    said = json.dumps({"error": refusal.said}).encode()
                    return self._send(
                        refusal.status,
                        said,
                        {
                            "X-Error-Code": refusal.code,
                            "X-Error-Message": refusal.said,
                            "Content-Type": "application/json",
                        },
                    )
        return self._send(404, b"{}", {})

    # Reading.

    def info(self, body: bytes, name: str, revision: str = "") -> None:
        repository, commit, files = self._files(name, revision)
        self._json(
            {
                "id": name,
                "modelId": name,
                "sha": commit,
                "private": repository.private,
                "tags": [],
                "downloads": 0,
                "siblings": [{"rfilename": f} for f in files],
            }
        )

    def tree(self, body: bytes, name: str, revision: str) -> None:
        _, _, files = self._files(name, revision)
        self._json(
            [
                {"type": "file", "path": path, "size": len(data), "oid": git_oid(data)}
                for path, data in files.items()
            ]
        )

    def resolve(self, body: bytes, name: str, revision: str, path: str) -> None:
        _, commit, files = self._files(name, revision)
        if path not in files:
            raise Refusal(404, "EntryNotFound", "Entry not found")
        data = files[path]
        if not is_large(path):
            return self._send(200, data, {"ETag": f'"{git_oid(data)}"', "X-Repo-Commit": commit})
        oid = hashlib.sha256(data).hexdigest()
        self.server.large[oid] = data
        return self._send(
            302,
            b"",
            {
                # Another host, as on the Hub: clients don't ask it for the size and the commit.
                "Location": f"http://localhost:{self.server.server_address[1]}/large/{oid}",
                "X-Repo-Commit": commit,
                "X-Linked-ETag": f'"{oid}"',
                "X-Linked-Size": str(len(data)),
            },
        )

    def get_large(self, body: bytes, oid: str) -> None:
        data = self.server.large[oid]
        if self.server.damage:
            data = self.server.damage(data)
        headers = {"ETag": f'"{oid}"', "Accept-Ranges": "bytes"}
        status, wanted = 200, re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if wanted:
            self.server.ranges.append(wanted[1])
            start, whole = int(wanted[1]), len(data)
            if start >= whole:
                return self._send(416, b"", {"Content-Range": f"bytes */{whole}"})
            status, data = 206, data[start:]
            headers["Content-Range"] = f"bytes {start}-{whole - 1}/{whole}"
        if self.server.cut is None or self.command == "HEAD":
            return self._send(status, data, headers)
        end, self.server.cut = self.server.cut, None
        self._head(status, len(data), headers)
        self.wfile.write(data[:end])
        self.wfile.flush()
        self.close_connection = True

    # Writing.

    def create(self, body: bytes) -> None:
        asked = json.loads(body)
        owner = asked.get("organization") or "nobody"
        self._may_write(owner)
        name = f"{owner}/{asked['name']}"
        url = {"url": f"{self.server.url}/{name}"}
        if name in self.server.repositories:
            return self._json(url, 409)
        private = asked.get("visibility") == "private" or asked.get("private") is True
        repository = self.server.repositories[name] = Repository(private)
        repository.commit(
            {".gitattributes": b"*.safetensors filter=lfs\n"},
            hashlib.sha1(name.encode()).hexdigest(),
            "main",
        )
        return self._json(url)

    def branch(self, body: bytes, name: str, branch: str) -> None:
        repository, commit, _ = self._files(name, "main")
        self._may_write(name)
        if branch in repository.refs:
            raise Refusal(409, "", "Reference already exists")
        repository.refs[branch] = commit
        self._json({}, 201)

    def validate(self, body: bytes) -> None:
        import yaml
        from huggingface_hub import ModelCard

        content = json.loads(body)["content"]
        errors = []
        try:
            data = ModelCard(content).data
            if data.license == "other" and not data.get("license_name"):
                errors.append({"message": '"license_name" is required'})
        except (ValueError, yaml.YAMLError) as problem:
            errors.append({"message": str(problem)})
        self._json({"errors": errors, "warnings": []}, 400 if errors else 200)

    def preupload(self, body: bytes, name: str, revision: str) -> None:
        self._files(name, revision)
        self._may_write(name)
        self._json(
            {
                "files": [
                    {
                        "path": f["path"],
                        "uploadMode": "lfs" if is_large(f["path"]) else "regular",
                        "shouldIgnore": False,
                    }
                    for f in json.loads(body)["files"]
                ]
            }
        )

    def batch(self, body: bytes, name: str) -> None:
        self._may_write(name)
        objects = []
        for item in json.loads(body)["objects"]:
            if item["oid"] not in self.server.large:
                item["actions"] = {
                    "upload": {"href": f"{self.server.url}/large/{item['oid']}"},
                    "verify": {"href": f"{self.server.url}/verify"},
                }
            objects.append(item)
        self._json({"transfer": "basic", "objects": objects})

    def put_large(self, body: bytes, oid: str) -> None:
        if hashlib.sha256(body).hexdigest() != oid:
            raise Refusal(400, "", "the bytes are not those of the oid")
        self.server.large[oid] = body
        self._send(200, b"", {})

    def verify(self, body: bytes) -> None:
        asked = json.loads(body)
        if len(self.server.large.get(asked["oid"], b"")) != asked["size"]:
            raise Refusal(404, "", "no such object")
        self._json({})

    def commit(self, body: bytes, name: str, revision: str) -> None:
        repository, parent, files = self._files(name, revision)
        self._may_write(name)
        files, message = dict(files), ""
        for line in body.splitlines():
            item = json.loads(line)
            value = item["value"]
            if item["key"] == "header":
                message = value["summary"]
            elif item["key"] == "file":
                assert value["encoding"] == "base64"
                files[value["path"]] = base64.b64decode(value["content"])
            elif item["key"] == "lfsFile":
                files[value["path"]] = self.server.large[value["oid"]]
            else:
                raise Refusal(400, "", f"what is {item['key']}?")
        oid = hashlib.sha1(parent.encode() + body).hexdigest()
        repository.commit(files, oid, revision)
        repository.messages[oid] = message
        self._json(
            {
                "success": True,
                "commitOid": oid,
                "commitUrl": f"{self.server.url}/{name}/commit/{oid}",
                "hookOutput": "",
            }
        )

    def _files(self, name: str, revision: str) -> tuple[Repository, str, dict[str, bytes]]:
        repository = self.server.repositories.get(name)
        if repository is None or (repository.private and not self._may(name.split("/")[0])):
            raise Refusal(404, "RepoNotFound", "Repository not found")
        if repository.refusal is not None:
            raise repository.refusal
        commit = repository.refs.get(revision or "main", revision)
        if commit not in repository.commits:
            raise Refusal(404, "RevisionNotFound", "Invalid rev id")
        return repository, commit, repository.commits[commit]

    def _may(self, owner: str) -> bool:
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        return owner in self.server.writers.get(token, ())

    def _may_write(self, name: str) -> None:
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self.server.writers:
            raise Refusal(401, "", "Invalid username or password.")
        if not self._may(name.split("/")[0]):
            raise Refusal(403, "", "You don't have the rights to write under this namespace.")

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _json(self, value: object, status: int = 200) -> None:
        self._send(status, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self._head(status, len(body), headers)
        if self.command != "HEAD":
            self.wfile.write(body)

    def _head(self, status: int, length: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


ROUTES: list[tuple[str, str, Callable[..., None]]] = [
    ("GET", rf"/api/models/{REPOSITORY}(?:/revision/([^/]+))?", Handler.info),
    ("GET", rf"/api/models/{REPOSITORY}/tree/([^/]+)/?", Handler.tree),
    ("GET HEAD", rf"/{REPOSITORY}/resolve/([^/]+)/(.+)", Handler.resolve),
    ("GET HEAD", r"/large/(\w+)", Handler.get_large),
    ("POST", r"/api/repos/create", Handler.create),
    ("POST", rf"/api/models/{REPOSITORY}/branch/([^/]+)", Handler.branch),
    ("POST", r"/api/validate-yaml", Handler.validate),
    ("POST", rf"/api/models/{REPOSITORY}/preupload/([^/]+)", Handler.preupload),
    ("POST", rf"/{REPOSITORY}\.git/info/lfs/objects/batch", Handler.batch),
    ("PUT", r"/large/(\w+)", Handler.put_large),
    ("POST", r"/verify", Handler.verify),
    ("POST", rf"/api/models/{REPOSITORY}/commit/([^/]+)", Handler.commit),
]


def is_large(path: str) -> bool:
    return path.endswith(".safetensors")


def git_oid(data: bytes) -> str:
    """Give what git calls these bytes."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def files_of(folder: Path) -> dict[str, bytes]:
    return {f.name: f.read_bytes() for f in sorted(folder.iterdir()) if f.is_file()}


@contextmanager
def serving() -> Iterator[Hub]:
    """Run a hub of no repositories."""
    server = Hub()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
        thread.join()
