"""How likely a stretch of spoken words is a finished answer, from its last words alone."""

from __future__ import annotations

import re

_ZH_OPEN = re.compile(
    r"(?:然后|因为|所以|但是|不过|而且|并且|以及|或者|还有|另外|就是说?|比如说?|例如|包括|其中|首先|其次|第[一二三四五六七八九十]"
    r"|的话|的时候|之后|如果|虽然|既然|为了|通过|对于|关于|根据|相当于|也就是|那么?|这个|那个|一个|一种|它的?|我们|他们"
    r"|的|地|得|把|被|让|给|从|向|在|和|跟|与|或|及|是|会|要|能|可以|应该|需要|用|呃+|嗯+|啊|额|em+|um+|uh+)$"
)
_EN_OPEN = re.compile(
    r"\b(?:and|but|so|because|or|then|which|that|the|a|an|of|to|in|on|for|with|by|from|is|are|was|"
    r"were|will|can|first|second|like|um+|uh+|er+|if|when|while|as|than|into|its?|we|you|they)$",
    re.IGNORECASE,
)


def completeness(text: str, lang: str) -> float:
    """Return 0 (surely unfinished) to 1 (surely finished)."""
    bare = text.strip().rstrip(" ,，.。!！?？…、;；:：")
    if not bare or text.strip()[-1:] in "、…,，:：":
        return 0.2
    if (_ZH_OPEN if lang == "zh" else _EN_OPEN).search(bare):
        return 0.05
    return 0.8
