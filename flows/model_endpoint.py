"""The model that writes, as a variable of the Prefect server: changed in the UI, for all runs, without deploying again.

A key is in no variable and no parameter, which the UI and the logs show: it comes from the environment of the worker.
"""

from prefect.variables import Variable
from pydantic import ValidationError

from toolscale.cache_folder import answer_cache
from toolscale.errors import ToolscaleError
from toolscale.models.settings import ModelSettings
from toolscale.synthesis.plan import Authoring, BuildConfiguration, Writing

MODEL_ENDPOINT = "toolscale_model_endpoint"


def with_model(configuration: BuildConfiguration, writing: Writing | None) -> BuildConfiguration:
    """Return the configuration with what the server's model is to write; as it is if that is None.

    Raises ToolscaleError if the configuration names a model itself, or if the variable is not there or not right.
    """
    if writing is None:
        return configuration
    if configuration.authoring is not None:
        raise ToolscaleError(
            "two models are to write: the one of configuration.authoring, and with `writing` the server's",
            remedy="Leave one of the two out.",
        )
    authoring = Authoring(models=server_model(), **writing.model_dump())
    return configuration.model_copy(update={"authoring": authoring})


def server_model() -> ModelSettings:
    """Return the model that the server's variable names; its paid answers go where those of commands go.

    Raises ToolscaleError if the variable is not there or not right.
    """
    value = Variable.get(MODEL_ENDPOINT)
    if not isinstance(value, dict):
        raise ToolscaleError(
            f"the server's variable {MODEL_ENDPOINT} names no model",
            remedy=f"""prefect variable set {MODEL_ENDPOINT} '{{"base_url": "http://127.0.0.1:8000/v1", "model": "NAME"}}'""",
        )
    try:
        return ModelSettings.model_validate({"cache": answer_cache(), **value})
    except ValidationError as error:
        first = error.errors()[0]  # its message has no value in it: the whole error would show a key
        place = ".".join(str(part) for part in first["loc"])
        raise ToolscaleError(
            f"the server's variable {MODEL_ENDPOINT}: {place}: {first['msg']}",
            remedy="It holds settings of docs/models.md. A key belongs in the worker's environment, as OPENAI_API_KEY.",
        ) from None
