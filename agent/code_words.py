"""What is asked about code: from the verdict of its run, its look, and what every problem asks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sessions.records import Lang

CODE_WORDS: Mapping[Lang, Mapping[str, str]] = {
    "zh": {
        "complexity": "这份代码的时间和空间复杂度各是多少，为什么？",
        "tests": "除了公开用例，你还会补哪两个测试，各防什么错误？",
        "pseudocode": "可以，先写伪代码，把关键步骤和边界写清楚；要跑的时候再写成能运行的代码。",
        "our_fault": "这次没有跑起来，是我们这边的问题，不算你的；你先讲讲思路和复杂度。",
        "other_language": "这道题在这台机器上不判这种语言，麻烦换一种；题目下面列了能用的，"
        "Python 总是可以。",
    },
    "en": {
        "complexity": "What are the time and space complexity of this code, and why?",
        "tests": "Beyond the public tests, which two would you add, and what does each catch?",
        "pseudocode": "Yes, pseudocode is fine: make the key steps and edge cases clear. Turn it "
        "into code that runs when you want it run.",
        "our_fault": "It could not be run, which is our fault and not counted. Tell me the idea "
        "and its complexity meanwhile.",
        "other_language": "This problem is not judged in that language here; use one that is "
        "listed with it, Python always works.",
    },
}

_STYLE: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (
        re.compile(r"^\s*except\s*:", re.M),
        "代码里有裸的 except，它会吞掉哪些本该看到的错误？",
        "There is a bare except: which errors would it swallow that you would want to see?",
    ),
    (
        re.compile(r"^\s*def \w+\([^)]*=\s*(?:\[\]|\{\})", re.M),
        "有个参数的默认值是可变对象，第二次调用会发生什么？",
        "One parameter has a mutable default: what happens on the second call?",
    ),
    (
        re.compile(r"^\s*global \w+", re.M),
        "这里用了 global，连续调用两次结果还一样吗？",
        "This uses global: would two calls in a row still agree?",
    ),
    (
        re.compile(r"^\s*print\(", re.M),
        "提交的代码里还有 print，线上代码你会怎么处理这类调试信息？",
        "There is still a print in it: how would you handle such debugging in production code?",
    ),
)


def style_remark(code: str, lang: Lang) -> str:
    """A question about how the code is written; empty when nothing strikes."""
    for pattern, zh, en in _STYLE:
        if pattern.search(code):
            return zh if lang == "zh" else en
    return ""


_STOPPED: dict[str, tuple[str, str]] = {
    "TLE": (
        "大一点的数据超时了，你现在的时间复杂度是多少，能降下来吗？",
        "The larger data ran out of time. What is your complexity, and can it come down?",
    ),
    "MLE": (
        "内存超了，哪个结构随输入长得最快，能不能不全存下来？",
        "It ran out of memory. Which structure grows fastest, and need it all be kept?",
    ),
    "OLE": (
        "输出太多被停了，是不是留了调试用的打印？",
        "It printed too much and was stopped. Is a debugging print left in it?",
    ),
    "SEC": (
        "代码做了一个不允许的系统操作，这道题用不到文件、网络和进程，能不能去掉？",
        "It did something the sandbox forbids. No files, network or processes are needed here: "
        "can that go?",
    ),
}


def what_happened(run: Mapping[str, Any], lang: Lang) -> str:
    """What to ask about a failed run: what really happened, hidden inputs kept hidden."""
    zh, verdict = lang == "zh", run["verdict"]
    failing, error, wrong = run.get("failing"), run.get("error"), run.get("follow_up")
    if wrong:
        return str(wrong.get(lang) or next(iter(wrong.values())))
    if verdict in _STOPPED:
        return _STOPPED[verdict][0 if zh else 1]
    if error and error.get("line"):
        return _at_line(verdict, error["line"], error["type"], zh=zh)
    if failing and failing.get("public"):
        given, want, got = failing.get("input"), failing.get("expected"), failing.get("got")
        return (
            f"输入 {given} 时期望 {want}，你的代码得到 {got}，问题出在哪里？" if zh
            else f"For {given} it should give {want} but gives {got}. Where is the fault?"
        )  # fmt: skip
    passed, total = run["passed"], run["total"]
    return (
        f"隐藏用例过了 {passed}/{total}，你觉得还有哪类输入没有考虑到？" if zh
        else f"{passed} of {total} tests pass. Which kind of input has not been considered?"
    )  # fmt: skip


def _at_line(verdict: str, line: int, kind: str, *, zh: bool) -> str:
    if verdict == "CE":
        return (
            f"第 {line} 行没有通过语法检查（{kind}），你先看看那里？" if zh
            else f"Line {line} does not parse ({kind}). Would you look there first?"
        )  # fmt: skip
    return (
        f"第 {line} 行抛出了 {kind}，你看看是什么输入会走到那里？" if zh
        else f"Line {line} raised {kind}. Which input gets there?"
    )  # fmt: skip
