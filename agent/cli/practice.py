"""`kaoguan practice`: a short session of what is due, each question in other words."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from agent.cli.face import common_options, print_json
from agent.cli.memory_words import candidate_option, chosen, listed, opened, said, titles
from agent.settings import Settings, data_folder

FORMAT = "practice"


@click.command(
    help="复习到期的知识点：十几分钟，换一种问法。\n\nA short session of the points that are due."
)
@click.option("--topic", "topics", multiple=True, help="只复习这些方向 · Only these topics")
@click.option("--bank", help="题库名 · Question bank")
@click.option("--script", type=click.Path(path_type=Path), help="回答脚本，空行分隔 · Answers file")
@click.option("--seed", type=int, default=0, help="选题的随机种子 · Seed of the choice")
@click.option("--model", help="OpenAI 兼容接口上的模型名 · Model name")
@click.option("--base-url", help="模型服务地址 · Address of the endpoint")
@candidate_option
@common_options
@click.pass_context
def command(context: click.Context, /, **options: Any) -> None:
    """Say kindly when nothing is due; otherwise hold the session as any text interview."""
    from agent.cli.chat import command as chat
    from sessions.ledger import utc_now

    settings = chosen(options)
    rest = nothing_to_do(settings, options["topics"], options["bank"], utc_now())
    if rest:
        if options["as_json"]:
            print_json({"due": False, "message": rest})
        else:
            click.echo(rest)
        return
    context.invoke(chat, form=FORMAT, practice=True, **options)


def nothing_to_do(
    settings: Settings, topics: tuple[str, ...], bank: str | None, now: datetime
) -> str:
    """Return why there is nothing to practise now, or nothing when there is."""
    from agent.assembly import check_topics
    from agent.next_question import is_anything_due, pool_of
    from agent.past import known_of, past_of
    from agent.plan import load_format
    from sessions.schedule import upcoming
    from tools.knowledge.bank import load_bank

    general, folder = settings.general, data_folder()
    with opened() as ledger:
        wanted = check_topics(topics)
        pool = pool_of(load_bank(bank or general.bank, folder).questions)
        known = known_of(ledger, folder, general.candidate)
        past = past_of(ledger, folder, general.candidate, "", now)
    if is_anything_due(load_format(FORMAT), past, pool, now, wanted):
        return ""
    if not known.cards:
        return said("nothing_learnt", general.lang)
    moment = now.isoformat()
    due = sum(card["due"] <= moment for card in known.cards.values())
    if due:
        return said("all_resting", general.lang, due=due)
    soon = upcoming(known.cards, now)
    day = min(soon.values())[:10]
    names = [titles(general.lang).get(t, t) for t, at in soon.items() if at[:10] == day]
    return said("nothing_due", general.lang, day=day, topics=listed(names, general.lang))
