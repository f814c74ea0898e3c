"""The publish flow: a proven build becomes a version of a release, in a local folder or on the Hub."""

from pathlib import Path
from typing import Any

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.tasks import exponential_backoff

from toolscale.flows.targets import hub_token, release_target
from toolscale.flows.validate import validate
from toolscale.release import Proof, Release
from toolscale.release import publish as publish_release
from toolscale.release.hub import HubError
from toolscale.release.store import store_of
from toolscale.release.versions import Version

FIRST = Version(1, 0, 0)
_SECONDS = 5.0  # of the first wait; each later one is twice as long
_NO_USE = frozenset({400, 401, 403, 404, 422})  # HTTP: asking again gets the same answer


def _may_pass_next_time(_task: Any, _run: Any, state: Any) -> bool:
    """A Hub that is away, busy or published to by another comes round; a wrong token or a version that exists does not."""
    try:
        state.result()
    except HubError as error:
        return error.status not in _NO_USE
    except OSError:
        return True
    except Exception:
        return False
    return False


@task(
    task_run_name="publish {version} to {to}",
    retries=4,
    retry_delay_seconds=exponential_backoff(_SECONDS),
    retry_jitter_factor=0.5,
    retry_condition_fn=_may_pass_next_time,
    cache_policy=NO_CACHE,
)
def put_version(folder: Path, to: str, version: str, proof: Proof, public: bool) -> Release:
    """Publish what was proven. A publish that died half way is finished by the next try."""
    with hub_token():
        return publish_release(folder, to, version, proof=proof, public=public)


@task(
    task_run_name="next version of {to}",
    retries=4,
    retry_delay_seconds=exponential_backoff(_SECONDS),
    retry_jitter_factor=0.5,
    retry_condition_fn=_may_pass_next_time,
    cache_policy=NO_CACHE,
)
def next_version(to: str) -> str:
    """Return the version after the newest one there."""
    with hub_token():
        versions = list(store_of(to).versions())
    return str(max(versions).next_patch if versions else FIRST)


@flow(name="publish", flow_run_name="publish {folder}")
def publish(
    folder: Path,
    to: str | None = None,
    version: str | None = None,
    public: bool = False,
    workers: int | None = None,
) -> Release:
    """Validate the build in `folder` and publish it as `version` of the release `to`: `org/name` on the Hub, or `./folder`.

    Without `to` the server's variable toolscale_release_to says where; without `version` it is the one after the newest.
    """
    return publish_proven(folder, release_target(to), version, validate(folder, workers), public=public)


def publish_proven(folder: Path, to: str, version: str | None, proof: Proof, *, public: bool) -> Release:
    """Publish a build that was validated in this run."""
    release = put_version(folder, to, version or next_version(to), proof, public)
    get_run_logger().info("%s of %s is published: %s", release.version, release.where, release.commit)
    create_markdown_artifact(
        f"`{release.where}` **{release.version}**, {proof.tasks:,} tasks, commit `{release.commit}`\n\n"
        f"    toolscale.load({str(release.where)!r}, revision={release.version!r})\n",
        key="release",
        description=f"{release.where} {release.version}",
    )
    return release
