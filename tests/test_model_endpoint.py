"""The model of a Prefect server's variable writes a build; its key is seen by the endpoint only."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from tests.conftest import LIBRARY
from tests.endpoint import scripted_endpoint
from tests.prefect_service import KEY, Service, await_that
from tests.scripted_author import good
from toolscale.errors import ToolscaleError
from toolscale.flows.local_service import LOCAL_MODEL
from toolscale.flows.model_endpoint import MODEL_ENDPOINT, with_model
from toolscale.models import ModelSettings
from toolscale.shards.build import Build
from toolscale.synthesis.plan import Authoring, BuildConfiguration, Writing

LITTLE: dict[str, Any] = {"domains": [str(LIBRARY)], "tasks": 4, "seed": 5}


@pytest.fixture
def server(service: Service) -> Iterator[Service]:
    """A server whose variable a test may change."""
    yield service
    service.set_variable(MODEL_ENDPOINT, LOCAL_MODEL)


def begin(server: Service, out: Path) -> str:
    running = {"workers": 1, "parts": str(out.with_name("parts")), "limit": "model-endpoint"}
    return server.run("build/model-written", configuration=LITTLE, out=str(out), running=running)


def shown(server: Service, run: str) -> str:
    """All that the server shows of a run."""
    return json.dumps([server.get(f"/flow_runs/{run}"), server.logs(run), server.artifacts(run)])


@pytest.mark.slow
@pytest.mark.xdist_group("prefect server")
def test_the_model_of_the_variable_writes_a_build_and_only_the_endpoint_sees_the_key(
    server: Service, tmp_path: Path
) -> None:
    with scripted_endpoint(good) as endpoint:
        answers = str(tmp_path / "answers.sqlite")
        server.set_variable(
            MODEL_ENDPOINT, {"base_url": endpoint.base_url, "model": "the-servers-own", "cache": answers}
        )
        run = begin(server, tmp_path / "out")
        server.wait(run, "COMPLETED")
    manifest = Build(tmp_path / "out").manifest
    assert manifest["tasks"] == 4
    assert manifest["configuration"]["authoring"]["models"]["model"] == "the-servers-own"
    assert {headers["Authorization"] for headers in endpoint.headers} == {f"Bearer {KEY}"}
    assert "build-cost" in server.artifacts(run)
    assert KEY not in shown(server, run)


@pytest.mark.slow
@pytest.mark.xdist_group("prefect server")
def test_a_key_in_the_variable_fails_the_run_and_is_not_repeated(server: Service, tmp_path: Path) -> None:
    server.set_variable(MODEL_ENDPOINT, {"model": "the-servers-own", "api_key": KEY})
    run = begin(server, tmp_path / "out")
    server.wait(run, "FAILED")
    await_that(lambda: "build-failure" in server.artifacts(run))
    failure = server.artifacts(run)["build-failure"]["data"]
    assert f"variable {MODEL_ENDPOINT}: api_key: Extra inputs are not permitted" in failure
    assert "OPENAI_API_KEY" in failure
    assert KEY not in shown(server, run)


@pytest.mark.slow
@pytest.mark.xdist_group("prefect server")
def test_a_variable_that_names_no_model_is_a_message_with_the_command_that_sets_it(server: Service) -> None:
    server.set_variable(MODEL_ENDPOINT, "gpt")
    with (
        temporary_settings({PREFECT_API_URL: server.api}),
        pytest.raises(ToolscaleError, match=f"prefect variable set {MODEL_ENDPOINT}"),
    ):
        with_model(BuildConfiguration.model_validate(LITTLE), Writing())


def test_a_configuration_that_names_a_model_takes_no_other() -> None:
    authoring = Authoring(models=ModelSettings(model="own", base_url="http://127.0.0.1:9/v1"))
    configuration = BuildConfiguration(domains=("bank",), authoring=authoring)
    assert with_model(configuration, None) == configuration
    with pytest.raises(ToolscaleError, match="two models are to write"):
        with_model(configuration, Writing())
