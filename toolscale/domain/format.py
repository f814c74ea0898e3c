"""The formats of a domain folder's YAML files, as pydantic models; `schemas/` is generated from these."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel, model_validator

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
RuleId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
Sql = Annotated[str, Field(min_length=1, description="SQLite SQL.")]
Template = Annotated[str, Field(min_length=1, description="A Jinja template; exactly one {{ }} keeps its type.")]
Phrasings = Annotated[list[Template], Field(min_length=3, description="Ways to say it; one is drawn.")]

RESERVED_STEP_KEYS = frozenset({"as", "when", "for_each", "optional"})
READING_WORDS = (
    "get", "list", "find", "search", "check", "count", "compare", "quote", "estimate", "verify",
)  # fmt: skip


class Format(BaseModel):
    """A part of a file format: unknown fields are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Caller(Format):
    """Whose calls the domain's tasks are about."""

    table: Name = Field(description="The table with one row a caller.")
    key: Name = Field(description="Its primary key, a column of every binding.")


class Currency(Format):
    """How amounts are written."""

    symbol: str = Field(default="$", min_length=1)
    code: str = Field(default="USD", pattern="^[A-Z]{3}$")


class RowCount(Format):
    """A count bound in records.sql."""

    count: int = Field(ge=0)
    grows: bool = Field(default=True, description="Whether the scale multiplies it.")


class DomainFile(Format):
    """domain.yaml: what the domain is."""

    name: Name
    title: str = Field(min_length=1)
    version: str = Field(pattern=r"^\d+\.\d+\.\d+$")
    description: str = Field(min_length=1)
    agent: str = Field(min_length=1, description="Opens the agent's system prompt.")
    clock: str = Field(pattern=r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$", description="The frozen now of every environment.")
    currency: Currency = Currency()
    locale: str = Field(default="en_US", description="Faker's locale.")
    caller: Caller
    rows: dict[Name, int | RowCount] = Field(description="Counts that records.sql binds by name.")
    not_compared: list[str] = Field(default=[], description="table.column of free text, left out of state differences.")
    impossible_wishes: list[str] = Field(min_length=3, description="What callers ask for and no tool can do.")


class Requirement(Format):
    """A precondition of a tool."""

    that: Sql = Field(description="An SQL expression that must be true.")
    error: str = Field(min_length=1, description="Told to the agent; {name} is filled in, {name|dollars} too.")


class ToolFormat(Format):
    """One tool."""

    description: str = Field(min_length=1)
    parameters: dict[Name, dict[str, Any]] = Field(default={}, description="JSON Schema properties.")
    ids: dict[Name, Annotated[str, Field(pattern="^[A-Z]{1,6}$")]] = Field(
        default={}, description="New ids: name to prefix."
    )
    let: dict[Name, Sql] = Field(default={}, description="Rows read first; columns become :name_column.")
    require: list[Requirement] = []
    effect: Sql | None = Field(default=None, description="Statements that write; absent if the tool only reads.")
    result: Sql = Field(description="A query for one row with one JSON value.")
    summary: Template | None = Field(default=None, description='Completes "I am going to ..."; for tools that write.')


class ToolsFile(RootModel[dict[Name, ToolFormat]]):
    """tools.yaml: the tools by name."""


class RuleFormat(Format):
    """One rule of the policy."""

    id: RuleId
    text: str = Field(min_length=1, description="What the agent reads.")
    applies_to: list[Name] = []
    let: dict[Name, Sql] = {}
    broken_if: Sql | None = Field(default=None, description="SQL, true where the call breaks the rule.")
    confirm: bool = Field(default=False, description="The user must have agreed before such a call.")
    escalate: bool = Field(default=False, description="The policy sends such a wish to a human.")

    @model_validator(mode="after")
    def _predicate_names_its_tools(self) -> RuleFormat:
        if (self.broken_if or self.confirm) and not self.applies_to:
            raise ValueError("a rule with broken_if or confirm needs applies_to: the tools whose calls it judges")
        if self.let and not self.broken_if:
            raise ValueError("let is read by broken_if, which is missing")
        return self


class PolicyFile(RootModel[list[RuleFormat]]):
    """policy.yaml: the rules, in the order in which the agent reads them."""


class StepFormat(Format):
    """One reference call: `{tool: {arguments}}` beside `as`, `when`, `for_each`, `optional`."""

    model_config = ConfigDict(extra="allow", frozen=True)

    as_: Name | None = Field(default=None, alias="as", description="Names the result.")
    when: Template | None = Field(default=None, description="The call is made only if this is true.")
    for_each: Template | None = Field(default=None, description="The call is repeated with `item`.")
    optional: bool = Field(default=False, description="Good practice that no argument needs.")

    __pydantic_extra__: dict[str, dict[str, Any]]

    @model_validator(mode="after")
    def _one_tool(self) -> StepFormat:
        if len(self.__pydantic_extra__) != 1:
            raise ValueError("a step names exactly one tool, as in `- find_client: {email: ...}`")
        return self

    @property
    def tool(self) -> str:
        """The tool's name."""
        return next(iter(self.__pydantic_extra__))

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments' templates by parameter."""
        return self.__pydantic_extra__[self.tool]


class SayFormat(Format):
    """One thing that the user must be told: exactly one of money, number, date, time, text."""

    about: Template = Field(description="What it is, in the words in which the user asks for it.")
    money: Template | float | None = None
    number: Template | float | None = None
    date: Template | None = None
    time: Template | None = None
    text: Template | None = None
    unit: str | None = Field(default=None, description="The unit of a number.")
    when: Template | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> SayFormat:
        if sum(value is not None for value in (self.money, self.number, self.date, self.time, self.text)) != 1:
            raise ValueError("give exactly one of money, number, date, time, text")
        if (self.number is None) != (self.unit is None):
            raise ValueError("a number has a unit, and nothing else has: 3 is said by chance, 3 nights is not")
        return self

    @property
    def kind(self) -> Literal["money", "number", "date", "time", "text"]:
        """Which kind of value it is."""
        return next(k for k in ("money", "number", "date", "time", "text") if getattr(self, k) is not None)

    @property
    def value(self) -> str | float:
        """The value or its template."""
        value: str | float = getattr(self, self.kind)
        return value


class Identification(Format):
    """One way in which a caller is identified."""

    known_info: dict[str, Any] = {}
    unknown_info: list[str] = []
    reference: list[StepFormat]


class CallerFormat(Format):
    """Who calls, and how the agent gets to know who it is."""

    bind: Sql = Field(description="One row a caller.")
    name: Template
    ways: list[Identification] = Field(min_length=1)


class UserFormat(Format):
    """What the user says and knows."""

    reason_for_call: Phrasings
    known_info: dict[str, Any] = {}
    unknown_info: list[str] = []


class IntentFormat(Format):
    """What a caller may want."""

    id: Name
    purpose: str = Field(min_length=1)
    bind: Sql = Field(description="Candidate situations, one a row, with the caller's key.")
    user: UserFormat
    reference: list[StepFormat] = Field(min_length=1)
    say: list[SayFormat] = []
    refused: RuleId | None = Field(default=None, description="The rule that the wish would break.")
    twin: Name | None = Field(default=None, description="The allowed intent that a refusal mirrors.")
    wish: dict[Name, dict[str, Any]] | None = Field(default=None, description="The call that the user wants.")
    identify: bool = Field(default=True, description="Whether the caller's steps come first.")
    alone: bool = Field(default=False, description="Never chained with other intents.")

    @model_validator(mode="after")
    def _refusal_is_whole(self) -> IntentFormat:
        given = [self.refused is not None, self.twin is not None, self.wish is not None]
        if any(given) and not all(given):
            raise ValueError("a refusal has all of refused, twin and wish")
        if self.wish is not None and len(self.wish) != 1:
            raise ValueError("wish holds exactly one call")
        return self


class IntentsFile(Format):
    """intents.yaml: the caller and what callers want."""

    caller: CallerFormat
    intents: list[IntentFormat] = Field(min_length=1)


FILE_FORMATS: dict[str, type[BaseModel]] = {
    "domain": DomainFile,
    "tools": ToolsFile,
    "policy": PolicyFile,
    "intents": IntentsFile,
}
