"""Choose who speaks and who grades: the embedded parts unless a flag or the settings name a model.

A key in the environment switches nothing on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.models.presets import endpoint
from agent.settings import Settings
from tools.base import ChatModel

if TYPE_CHECKING:
    from agent.model_grading.grader import ModelGrader
    from agent.models.structured import StructuredModel


def choose_model(settings: Settings, name: str | None, base_url: str | None) -> ChatModel | None:
    """Return the model that speaks, or None for the embedded interviewer.

    Raises:
        PresetError: The preset is unknown or the address is none.
    """
    chosen, part = name or settings.model.name, settings.model
    if not chosen:
        return None
    from agent.models.metering import Budget
    from agent.models.openai_compatible import Limits, OpenAICompatible
    from tools.table import TOOLS, schemas

    native = part.tool_mode == "native"
    return OpenAICompatible(
        endpoint(chosen, part.preset, base_url or part.base_url),
        Limits(timeout_s=part.timeout_s, most_s=6 * part.timeout_s),
        Budget(part.budget_tokens, part.price_in, part.price_out),
        tools=schemas() if native else (),
        needs=frozenset(tool.name for tool in TOOLS.values() if tool.kind == "need"),
    )


def choose_panel(settings: Settings) -> ModelGrader | None:
    """Return the grader of record when a model is named for it, or None for the embedded one.

    Raises:
        PresetError: A preset is unknown or an address is none.
    """
    part = settings.model
    usual = choose_grader(settings)
    if usual is None:
        return None
    from agent.model_grading.grader import ModelGrader, Panel
    from tools.grade_answer import shared_grader

    strong = choose_grader(settings, part.grader_strong) if part.grader_strong else None
    second = choose_grader(settings, part.grader_second) if part.grader_second else None
    return ModelGrader(
        Panel(usual, strong, second),
        shared_grader().grade,
        band=part.grader_band,
        most_s=4 * part.timeout_s,
    )


def choose_grader(settings: Settings, name: str | None = None) -> StructuredModel | None:
    """Return the model that grades, or None for the embedded grader.

    It answers with `complete_json` as well as with `stream`.

    Raises:
        PresetError: The preset is unknown or the address is none.
    """
    chosen, part = name or settings.model.grader, settings.model
    if not chosen:
        return None
    from agent.models.openai_compatible import Limits
    from agent.models.structured import StructuredModel

    address = part.grader_base_url or part.base_url
    limits = Limits(timeout_s=2 * part.timeout_s, most_s=6 * part.timeout_s)
    return StructuredModel(endpoint(chosen, part.preset, address), limits)
