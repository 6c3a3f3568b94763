"""The turn drawn once: listen, understand, recall, decide, respond, use tools, and round again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from langgraph.graph import END, START, StateGraph

from agent.interview import Interview
from agent.nodes.decide import decide
from agent.nodes.listen import listen
from agent.nodes.recall import recall
from agent.nodes.respond import respond
from agent.nodes.understand import understand
from agent.nodes.use_tools import use_tools
from agent.nodes.wrap_up import wrap_up
from agent.state import InterviewState

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver
    from langgraph.graph.state import CompiledStateGraph


def after_tools(state: InterviewState) -> Literal["respond", "wrap_up", "listen"]:
    """Go on with a further round when results came, close when the interview is over."""
    if state["results"]:
        return "respond"
    return "wrap_up" if state["closed"] else "listen"


def build_graph(
    checkpointer: BaseCheckpointSaver[Any] | None = None,
) -> CompiledStateGraph[InterviewState, Interview, InterviewState, InterviewState]:
    """Compile the interview; the thread id of a run is the session id."""
    graph = StateGraph(InterviewState, context_schema=Interview)
    for node in (listen, understand, recall, decide, respond, use_tools, wrap_up):
        graph.add_node(node.__name__, node)
    graph.add_edge(START, "decide")
    graph.add_edge("listen", "understand")
    graph.add_edge("understand", "recall")
    graph.add_edge("recall", "decide")
    graph.add_edge("decide", "respond")
    graph.add_edge("respond", "use_tools")
    graph.add_conditional_edges("use_tools", after_tools)
    graph.add_edge("wrap_up", END)
    return graph.compile(checkpointer=checkpointer)
