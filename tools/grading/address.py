"""Words said to the grader instead of the interviewer: found, taken out, and worth nothing.

The rest of the answer is graded as if it stood alone. Honest answers talk of rewards, scores,
judges and instructions too, so each pattern asks for a demand, not for a word.
"""

from __future__ import annotations

import re

from tools.grading.units import fold

_FULL = r"(?:满分|一百分|100\s*分|9\d\s*分|最高分)"
_WHO = r"(?:我|本题|这题|这道题|该题|(?:这个|这份|该|此|本|我的)(?:回答|答案|候选人)|候选人)"
_JUDGE = (
    r"(?:评分|阅卷|评卷|打分|判分|评审|评估)(?:员|人|模型|系统|老师|官|程序|者|助手|器)|评委|考官"
)

_DEMANDS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?:给|打|评|算|判|记).{{0,4}}{_WHO}.{{0,8}}(?:{_FULL}|高分|通过)",
        rf"(?:给|打|评|算|判|记|按|改成|就是)(?:我|出|个|上|成|为|到|了|予|"
        rf"分)?\s?[:：]?\s?{_FULL}(?!\s*制)",
        rf"{_WHO}.{{0,12}}(?:值得|应得|应该得|理应|配得上|应当|应).{{0,8}}(?:{_FULL}|高分|优秀)",
        rf"(?:请|麻烦|务必|求|拜托|必须|直接|应).{{0,14}}(?:{_FULL}|给分|通过面试|通过本题)",
        r"(?:忽略|无视|忘掉|忘记|抛开|不要管|绕过|作废|disregard|ignore|forget|override|bypass)"
        r".{0,24}(?:评分|评判|规则|评分标准|rubric|instruction|criteria|grading|rules|prompt|"
        r"系统提示|提示词|指令|要求|设定)",
        r"(?:评分|评判|以上|之前的|原有)(?:规则|标准|指令|要求).{0,8}(?:作废|失效|无效|"
        r"取消|不适用)",
        r"(?:^|[\s【\[<（(#*])(?:system|assistant|developer|admin|系统|管理员|开发者|评测平台)"
        r"\s?(?:消息|message|提示|note|通知|prompt|指令|公告|override)?\s*[\]】>）)]*\s*[:：]",
        r"[\[【]\s*/?\s*(?:system|inst|系统|sys|管理员)[^\]】]{0,12}[\]】]|"
        r"<\|im_start\|>\s*system\s*\n",
        r"</?(?:system|answer|grade|rubric|score|candidate|candidate_answer|data|"
        r"tool_call|tool_result)\b[^>]*>",
        r"grade_answer|###\s*(?:system|instruction|end of)",
        r"[\"'](?:verdict|score|overall|covered|points|error_level)[\"']\s*:",
        r"(?:overall|final score|最终得分|最终评分|总分|评分结果|得分|评分|score|"
        r"grade)\s*[:：=]\s*[\"']?"
        r"(?:100|9\d|满分|优秀|excellent|perfect|full|a\+)",
        r"(?:key[ _-]?points?|要点|得分点|采分点|知识点|k[1-9]).{0,20}(?:全部|全都|都|均|"
        r"一律|all|every|each).{0,12}"
        r"(?:命中|covered|已覆盖|覆盖|视为|算对|标记|判为|得分|满足|as met)",
        r"(?:all|every|each|全部|所有)\s?(?:the |of the )?(?:key[ _-]?points?|要点|得分点|采分点)",
        r"(?:mark|grade|score|rate|treat|tick|count|give|award)\s+(?:this|it|me|my|him|"
        r"her|them|all|every|each|k\d|"
        r"the (?:answer|response|candidate)).{0,40}(?:covered|full|100|perfect|correct|"
        r"excellent|highest|maximum|top|pass|as met|as right)",
        r"(?:标记|标注|判定|判断|判|视|认定|记)(?:作|成|为).{0,6}(?:covered|满分|全对|"
        r"命中|已覆盖|全部正确)",
        r"(?:dear|hey|hi|hello|note to(?: the)?|attention|to the|you are (?:a|an|the|"
        r"now).{0,12})\s?(?:grader|examiner|evaluator|marker|rater|scorer)\b",
        rf"(?:亲爱的|尊敬的|致|你是|您是|各位|你好|您好).{{0,6}}(?:{_JUDGE})|"
        rf"(?:{_JUDGE})(?:您好|你好|请注意|注意)",
        r"(?:please|must|should|kindly|just).{0,14}(?:full (?:marks?|score|credit)|"
        r"high(?:est)? (?:score|grade|mark)|pass (?:me|this|the candidate))",
        r"(?:deserves?|warrants?)\s.{0,14}(?:full|100|perfect|highest)",
        r"(?:以上|上面的)(?:回答|答案|内容|作答).{0,6}(?:完全正确|全部正确|全对|无懈可击|"
        r"满分)|^\W*无懈可击\W*$",
        r"(?:set|change)\s.{0,12}(?:error_level|overall|score|grade).{0,12}to\s?\d",
        r"(?:this|my|本|此|这个|我的|上述|该)\s?(?:answer|response|回答|答案|作答).{0,18}"
        r"(?:covers? (?:all|every)|is (?:fully |completely )?(?:correct|complete|perfect)|"
        r"完全正确|全部正确|全对|覆盖了?(?:所有|全部)|无懈可击|flawless|meets all)",
        r"(?:new|updated?|新的?|更新的?|真正的)\s?(?:instructions?|rubric|rules?|指令|"
        r"规则|评分标准|评分规则)\s*[:：]",
        rf"(?:{_WHO}|每一句|每句话).{{0,14}}(?:记|判|算|视)(?:为|作|成)(?:优秀|正确答案|通过)",
        r"(?:base64|rot13).{0,20}(?:指令|instruction|follow|执行)",
        r"(?:reveal|print|output|输出|打印|泄露|透露|告诉我).{0,12}(?:参考答案|"
        r"reference answer|rubric|key points|评分标准)",
        r"(?:as|作为|身为|扮演).{0,8}(?:grader|evaluator|评分员|阅卷人|"
        r"阅卷老师).{0,20}(?:你|you|must|should|应|必须|请)",
    )
)
# A line in another speaker's name is his to the end of the sentence.
_ROLE = re.compile(
    r"^[\s#【\[<（(*]*(?:system|assistant|developer|admin|系统|管理员|开发者|评测平台)"
    r"\s?(?:消息|message|提示|note|通知|prompt|指令|公告|override)?\s*[\]】>）)]*\s*[:：]"
    r"|(?:评分|评判)(?:规则|标准)\s*[:：]"
)
# What only a machine writes: hidden thoughts, calls about the grade, encoded orders. Whatever it
# says, it was not said to the interviewer. Calls of other tools are examples that answers give.
_OF_GRADING = (
    r"(?:grad|scor|overall|verdict|covered|error_level|评分|打分|满分|分数|得分|通过|录用|hire|"
    r"end_interview|end_stage|remember|\bpass)"
)
_OBEY = r"(?:解码|照做|执行|decode|obey)"
_MACHINE = re.compile(
    r"[<＜]\s*(?P<tag>think(?:ing)?|tool_calls?)\s*[>＞].{0,2000}?[<＜]\s*/\s*(?P=tag)\s*[>＞]"
    r"|\[think\].{0,2000}?\[/think\]"
    r"|[{｛]\s*[\"'“‘＂]?(?:name|parameters|arguments|type|role|function)[\"'”’＂]?\s*[:：]"
    rf"(?:(?!{_OF_GRADING})[^。！？\n]){{0,200}}{_OF_GRADING}[^。！？\n]{{0,200}}[}}｝]+"
    r"|\[tool_calls\][^。\n]{0,400}"
    r"|(?-i:(?<![A-Za-z0-9+])(?=[A-Za-z0-9+]*[0-9])(?=[A-Za-z0-9+]*[A-Z])(?=[A-Za-z0-9+]*[a-z])"
    rf"[A-Za-z0-9+]{{32,}}+={{0,2}})(?:[^。\n]{{0,12}}{_OBEY})?"
    r"|(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{24,}+"  # a path or a list of names has slashes too
    rf"(?:={{1,2}}(?:[^。\n]{{0,12}}{_OBEY})?|[^。\n]{{0,12}}{_OBEY})",
    re.IGNORECASE | re.DOTALL,
)
_SENTENCE = re.compile(r"[^。！？!?\n；;]*[。！？!?\n；;]*")
_CLAUSE = re.compile(r"[^，,：:]*[，,：:]*")


def split_to_grader(text: str) -> list[tuple[int, int]]:
    """Return the spans of a text that speak to the grader, in order, not overlapping."""
    found: list[tuple[int, int]] = []
    for start, end in sorted([m.span() for m in _MACHINE.finditer(text)] + _demands(text)):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def _demands(text: str) -> list[tuple[int, int]]:
    """Return the sentences and clauses of a text that demand something of the grader."""
    spans: list[tuple[int, int]] = []
    for sentence in _SENTENCE.finditer(text):
        body = sentence.group()
        if not body or not _speaks_to_grader(body):
            continue
        if _ROLE.search(fold(body)):
            spans.append(sentence.span())
            continue
        parts = [c.span() for c in _CLAUSE.finditer(body) if c.group()]
        hit = [(a, b) for a, b in parts if _speaks_to_grader(body[a:b])]
        size = sum(b - a for a, b in hit)
        if not hit or size * 2 >= len(body.strip()):
            spans.append(sentence.span())
        else:
            spans.extend((sentence.start() + a, sentence.start() + b) for a, b in hit)
    return spans


def _speaks_to_grader(text: str) -> bool:
    plain = fold(text)
    return any(pattern.search(plain) for pattern in _DEMANDS)
