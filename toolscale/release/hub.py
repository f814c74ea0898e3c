"""A release in a dataset repository on the Hub: one commit and one tag a version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from toolscale.errors import BuildError, Place, nearest
from toolscale.release.store import MANIFEST
from toolscale.release.versions import Version
from toolscale.shards.digest import sha256
from toolscale.shards.source import Source

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationCopy
    from huggingface_hub.errors import HfHubHTTPError

_MAIN = "main"
_OF_THE_HUB = ".gitattributes"  # the Hub's own file: it says what is stored as a large file
_AGAIN = "Run the same command again: it goes on."
_REMEDIES = {
    401: "Log in with `hf auth login`, or set HF_TOKEN to a valid token.",
    403: "The token may not do this: it needs write access to the repository.",
    404: "Check the name; a private repository is only seen with a token that may read it.",
    409: "Somebody else is publishing. Run the same command again.",
    412: "Somebody else has published in the meantime. Run the same command again: it goes on top of that.",
}


class HubError(BuildError):
    """The Hub refused, or could not be reached. What it said is told without the token.

    `status` is the HTTP status with which it refused, None where it gave none.
    """

    def __init__(self, cause: str, *, remedy: str = "", place: Place | None = None, status: int | None = None) -> None:
        super().__init__(cause, remedy=remedy, place=place)
        self.status = status


class HubStore:
    """A dataset repository whose tags are versions. The token comes from the environment or the login of huggingface_hub."""

    def __init__(self, repository: str, *, public: bool = False) -> None:
        from huggingface_hub import HfApi

        self.where = repository
        self._public = public
        self._api = HfApi()

    def versions(self) -> dict[Version, str]:
        """Return the versions with their commits, the oldest first; none if there is no such repository."""
        from huggingface_hub.errors import RepositoryNotFoundError

        with told(self.where):
            try:
                refs = self._api.list_repo_refs(self.where, repo_type="dataset")
            except RepositoryNotFoundError:
                return {}
        found = [(Version.found_in(tag.name), tag.target_commit) for tag in refs.tags]
        return dict(sorted((version, commit) for version, commit in found if version is not None))

    def put(self, files: Mapping[str, Path], version: Version) -> str:
        """Commit the files on top of what is there, all at once, and tag the commit.

        A commit that was made but not tagged, because its publisher died in between, is found again and tagged.
        """
        with told(self.where):
            self._api.create_repo(self.where, repo_type="dataset", private=not self._public, exist_ok=True)
            self._check_visibility()
            versions = self.versions()
            if version in versions:
                return self._as_before(files, version, versions[version])
            branch = self._branch(version, versions)
            head = self._head(branch)
            if self._manifest_hash(head) == sha256(files[MANIFEST]):
                commit = head
            else:
                commit = self._committed(files, version, branch, head)
            self._api.create_tag(self.where, tag=str(version), revision=commit, repo_type="dataset")
        return commit

    def fetch(self, revision: str, names: Sequence[str], *, afresh: bool = False) -> Path:
        """Return the folder in the client's cache; without a network what was fetched before is found there."""
        with told(f"{self.where}@{revision}"), self._known(revision):
            if afresh:
                for name in names:
                    self._api.hf_hub_download(
                        self.where, name, repo_type="dataset", revision=revision, force_download=True
                    )
            folder = self._api.snapshot_download(
                self.where, repo_type="dataset", revision=revision, allow_patterns=list(map(_literally, names))
            )
        return Path(str(folder))

    def source(self, revision: str) -> Source:
        """Return the files on the Hub, read in ranges."""
        with told(f"{self.where}@{revision}"), self._known(revision):
            return _HubSource(self.where, revision)

    @contextmanager
    def _known(self, revision: str) -> Iterator[None]:
        from huggingface_hub.errors import RevisionNotFoundError

        try:
            yield
        except RevisionNotFoundError as error:
            known = [str(version) for version in self.versions()]
            raise HubError(
                f"{self.where} has no version {revision}",
                remedy=nearest(revision, known),
                status=error.response.status_code,
            ) from None

    def _check_visibility(self) -> None:
        private = bool(self._api.dataset_info(self.where).private)
        if not private and not self._public:
            raise BuildError(f"{self.where} is public", remedy="Give --public if everybody may read what you publish.")
        if private and self._public:
            raise BuildError(
                f"{self.where} is private",
                remedy="Leave --public out, or open the repository in its settings on the Hub: older versions become public too.",
            )

    def _as_before(self, files: Mapping[str, Path], version: Version, commit: str) -> str:
        if self._manifest_hash(commit) != sha256(files[MANIFEST]):
            raise BuildError(
                f"{self.where} has {version} already, with other content",
                remedy="A version is never overwritten: publish under a higher one.",
            )
        return commit

    def _branch(self, version: Version, versions: Mapping[Version, str]) -> str:
        """Return the branch to commit to: main for the newest version, one of its own for a patch of an older line."""
        if not versions or version > max(versions):
            return _MAIN
        older = [known for known in versions if known < version]
        base = max(older) if older else min(versions)
        name = f"v{version.major}.{version.minor}.x"
        self._api.create_branch(self.where, branch=name, revision=versions[base], repo_type="dataset", exist_ok=True)
        return name

    def _head(self, branch: str) -> str:
        head = self._api.dataset_info(self.where, revision=branch).sha
        assert head is not None, "a repository has a first commit when it is made"
        return head

    def _manifest_hash(self, commit: str) -> str | None:
        from huggingface_hub.errors import EntryNotFoundError

        try:
            path = self._api.hf_hub_download(self.where, MANIFEST, repo_type="dataset", revision=commit)
        except EntryNotFoundError:
            return None
        return sha256(Path(path))

    def _committed(self, files: Mapping[str, Path], version: Version, branch: str, head: str) -> str:
        from huggingface_hub import CommitOperationAdd, CommitOperationDelete

        operations: list[CommitOperationAdd | CommitOperationCopy | CommitOperationDelete]
        there = set(self._api.list_repo_files(self.where, repo_type="dataset", revision=head))
        operations = [
            *(CommitOperationAdd(name, path) for name, path in files.items()),
            *(CommitOperationDelete(name) for name in sorted(there - files.keys() - {_OF_THE_HUB})),
        ]
        commit = self._api.create_commit(
            self.where,
            operations,
            commit_message=str(version),
            repo_type="dataset",
            revision=branch,
            parent_commit=head,
        )
        return str(commit.oid)


class _HubSource:
    """The files of one revision, read in ranges. The revision is resolved once, so that all files are of one commit."""

    def __init__(self, repository: str, revision: str) -> None:
        from huggingface_hub import HfApi, HfFileSystem

        self.folder = Path(f"{repository}@{revision}")
        self._what = str(self.folder)
        api = HfApi()
        info = api.dataset_info(repository, revision=revision)
        self._names = [item.rfilename for item in info.siblings or ()]
        self._root = f"datasets/{repository}@{info.sha}"
        self._files = HfFileSystem(endpoint=api.endpoint)

    def names(self) -> Sequence[str]:
        """Return the names of the Parquet files."""
        return [name for name in self._names if name.endswith(".parquet")]

    def read(self, name: str) -> bytes:
        """Return the content of a file."""
        with told(self._what):
            return bytes(self._files.cat_file(f"{self._root}/{name}"))

    def open(self, name: str) -> str | BinaryIO:
        """Return a stream that fetches the ranges that are read."""
        with told(self._what):
            return cast(BinaryIO, self._files.open(f"{self._root}/{name}"))


def _literally(name: str) -> str:
    """Return the pattern that only this name matches."""
    return name.replace("[", "[[]").replace("*", "[*]").replace("?", "[?]")


@contextmanager
def told(what: str) -> Iterator[None]:
    """Turn what the client raises into a HubError that says what to do, and never shows the token."""
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled

    try:
        yield
    except HfHubHTTPError as error:
        raise _refused(what, error) from None
    except RuntimeError as error:  # the client wraps what happens in its upload threads
        cause = error.__cause__
        if not isinstance(cause, HfHubHTTPError | httpx2.HTTPError):
            raise
        status = cause.response.status_code if isinstance(cause, HfHubHTTPError) else None
        raise HubError(f"{what}: {_without_token(f'{error} {cause}')}", remedy=_AGAIN, status=status) from None
    except (httpx2.HTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled) as error:
        raise HubError(f"{what}: the Hub can't be reached: {_without_token(str(error))}", remedy=_AGAIN) from None


def _refused(what: str, error: HfHubHTTPError) -> HubError:
    said = error.server_message or str(error)
    status = error.response.status_code
    return HubError(
        f"{what}: the Hub says {status}: {_without_token(said)}", remedy=_REMEDIES.get(status, _AGAIN), status=status
    )


def _without_token(text: str) -> str:
    from huggingface_hub import get_token

    token = get_token()
    return text.replace(token, "***") if token else text
