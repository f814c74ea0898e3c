"""A repository as the stand-in Hub keeps it in memory, and how the Hub's answers describe what is in it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

Files = dict[str, bytes]


@dataclass
class Repository:
    """Commits by id, and what points at them."""

    private: bool
    commits: dict[str, Files] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    large: set[str] = field(default_factory=set)

    def commit(self, branch: str, files: Files) -> str:
        parent = self.branches.get(branch, "")
        digest = hashlib.sha1(f"{len(self.commits)} {parent}".encode())
        for name in sorted(files):
            digest.update(name.encode() + hashlib.sha256(files[name]).digest())
        self.commits[digest.hexdigest()] = files
        self.branches[branch] = digest.hexdigest()
        return digest.hexdigest()

    def resolve(self, revision: str) -> str | None:
        for known in (self.branches, self.tags):
            if revision in known:
                return known[revision]
        return revision if revision in self.commits else None


class Refused(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, message: str, code: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code


def ref(kind: str, name: str, commit: str) -> dict[str, str]:
    return {"name": name, "ref": f"refs/{kind}/{name}", "targetCommit": commit}


def blob_id(repository: Repository, path: str, data: bytes) -> str:
    """Return git's name of a blob; of a large file the blob is a pointer."""
    if path in repository.large:
        data = f"version https://git-lfs.github.com/spec/v1\noid sha256:{hashlib.sha256(data).hexdigest()}\n".encode()
        data += f"size {len(data)}\n".encode()
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def folder_entry(name: str) -> dict[str, Any]:
    return {"type": "directory", "path": name, "size": 0, "oid": hashlib.sha1(name.encode()).hexdigest()}


def file_entry(repository: Repository, name: str, data: bytes) -> dict[str, Any]:
    listed = {"type": "file", "path": name, "size": len(data), "oid": blob_id(repository, name, data)}
    if name in repository.large:
        listed["lfs"] = {"oid": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 130}
    return listed
