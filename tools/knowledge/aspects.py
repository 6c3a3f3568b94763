"""What a question asks about its subject: a definition, a reason, a comparison, a formula …

Found by the words that Chinese and English questions use for it; a question may ask several things.
"""

from __future__ import annotations

import re
from functools import lru_cache

from tools.knowledge.text import fold

_PATTERNS: dict[str, str] = {
    "compare": r"区别|差异|差别|不同|对比|异同|不一样|相比|比较(?!好|大|小|多|高|低|常)|有啥分别|跟.{1,20}比"
    r"|和.{1,20}比|\bvs\b|differ|compar|versus|distinguish",
    "relate": r"关系|联系|相关性是|relat(?:ion|ed)",
    "why": r"为什么|为何|为啥|原因|何以|怎么会|咋会|动机|凭什么|图什么|\bwhy\b|reason|\bcause",
    "mitigate": r"缓解|减轻|解决|避免|防止|防范|应对|克服|怎么办|咋办|消除|抑制|降低.{0,8}(?:风险|问题|偏差)"
    r"|处理.{0,10}问题|治|mitigat|prevent|avoid|reduc|solv|\bfix|handle|alleviat|deal with",
    "problem": r"问题|风险|危害|弊端|难点|困难|挑战|痛点|坑|毛病|副作用|傻了|失败|problem|issue|risk|challeng"
    r"|go(?:es)? wrong|fail",
    "weakness": r"缺点|劣势|不足|局限|短板|坏处|优缺点|drawback|disadvantage|limitation|weakness|cons\b",
    "strength": r"优点|优势|好处|长处|优缺点|亮点|advantage|benefit|\bpros\b|strength",
    "formula": r"公式|计算(?!机|图|量|资源|效率|密集|能力|平台|框架|成本|复杂度)|怎么算|如何算|咋算|推导|求导|导数"
    r"|表达式|数学|formula|equation|deriv|comput(?:e|ed)\b|calculat",
    "types": r"有哪些|哪几|哪些(?!因素|问题)|分类|种类|类型|分为|包括|几种|什么种|列举|主流|常见的|常用的"
    r"|\btypes?\b|kinds?\b|which .{1,30}(?:are|exist)|list|categor",
    "factors": r"哪些因素|因素|影响|取决|factor|affect|influenc|depend",
    "structure": r"结构|组成|架构|构成|由.{0,6}哪|哪几块|几部分|模块|各层|体系|structur|architectur|component"
    r"|consist|made of|layers? of",
    "principle": r"原理|机制是|思想|思路|怎么工作|如何工作|工作方式|本质|直觉|怎么理解|如何理解|principle|mechanism of"
    r"|how does .{1,40} work|intuition|idea behind|under the hood",
    "steps": r"步骤|流程|过程|阶段|环节|怎么跑|运算|实现方法|怎么实现|如何实现|steps?\b|process\b|pipeline of|procedure"
    r"|stages?\b|workflow|implement",
    "build": r"构建|搭建|建立|构造|制作|准备|生成数据|设计|从零|从头|怎么做一个|build|construct|design|creat"
    r"|from scratch|set up",
    "role": r"作用|用途|用处|干嘛用|干啥用|有什么用|有啥用|功能|意义|目的|应用|场景|好在哪|用来|purpose|role|used for"
    r"|use cases?|what .{1,30} for\b|appl(?:y|ication)",
    "choose": r"怎么选|如何选|咋选|选择|选取|挑选|选型|什么时候用|何时用|该用|选哪|用哪|标准|choose|choos|select|when (?:to|should|would)"
    r"|which one|pick",
    "set": r"设置|设多|设为|设成|设定|取值|取多|调参|调多|多少合适|初始化|\bset\b|setting|tune|value of",
    "improve": r"优化(?!器)|改进|提升|提高|加速|增强(?!检索|生成)|改善|改了|改动|变好|更快|加快|improv|optimi[sz]e\b|optimi[sz]ing"
    r"|speed|accelerat|better",
    "evaluate": r"评估|评测|评价|衡量|指标|打分|测评|验证|检验|判断.{0,6}好坏|evaluat|metric|measur|assess|benchmark",
    "amount": r"多少|多大|几个|多长|多久|几张|几层|大小|占用|规模|数量|参数量|显存|how (?:many|much|large|big|long)|size",
    "train": r"训练(?!数据|语料|集|样本|好的|框架)|怎么训|微调(?!数据)|how .{1,30}trained|train(?:ing)? (?:a|the)\b",
    "data": r"数据|语料|样本|dataset|corpus|\bdata\b",
    "tool": r"工具|框架|命令|软件|平台|\btools?\b|framework|command|librar",
    "who": r"你负责|谁做|是你|你做|几个人|多少人|你主要|你的角色|who\b|your role|did you",
    "example": r"举例|例子|举个|案例|代码|手写|example|instance|code\b",
    "limit": r"限制|上限|最长|最大长度|截断|limit|maximum|truncat",
    "define": r"什么是|是什么|是啥|啥是|何谓|指什么|指的是|定义|概念|含义|什么意思|啥意思|什么叫|叫什么|what(?:'s| is| are)\b"
    r"|defin|mean(?:s|ing)?\b|stand for",
    "describe": r"介绍|讲讲|说说|聊聊|谈谈|讲一下|说一下|简述|描述|阐述|解释|理解|了解|展开|explain|describe|tell me"
    r"|talk about|introduc|discuss|walk me",
    "how": r"怎么|如何|怎样|咋|\bhow\b",
}
_COMPILED = {name: re.compile(pattern) for name, pattern in _PATTERNS.items()}
GENERAL = frozenset({"define", "describe", "how"})
"""Aspects that say little: a question with one of these and another asks the other."""


@lru_cache(maxsize=20_000)
def aspects(text: str) -> frozenset[str]:
    """Return all that a question's wording asks about its subject; empty for a bare heading."""
    folded = fold(text)
    return frozenset(name for name, pattern in _COMPILED.items() if pattern.search(folded))


def strip_aspects(text: str) -> str:
    """Return folded text without the words that say what is asked: the subject is left."""
    folded = fold(text)
    for pattern in _COMPILED.values():
        folded = pattern.sub(" ", folded)
    return folded
