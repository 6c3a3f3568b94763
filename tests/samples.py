"""Small records that several tests need."""

from __future__ import annotations

from typing import Any

from sessions.records import Question


def a_question(**changes: Any) -> Question:
    question: Any = {
        "id": "attention-scaling",
        "bank": "test",
        "topic": "attention",
        "level": 2,
        "kind": "concept",
        "scope": "shared",
        "wording": {"zh": "缩放点积注意力为什么要除以根号 d_k？", "en": "Why divide by sqrt(d_k)?"},
        "spoken": {"zh": ["注意力里为什么要除那个根号？"], "en": ["Why the square root?"]},
        "example": {
            "zh": "比如每个头六十四维，点积之后为什么还要除以八？",
            "en": "With 64 dimensions a head, why divide by 8?",
        },
        "key_points": [
            {"id": "k1", "weight": 3, "text": {"zh": "点积的方差随维度线性增长", "en": "The variance grows"}},
            {"id": "k2", "weight": 2, "text": {"zh": "方差过大使 softmax 进入饱和区，梯度很小", "en": "Softmax saturates"}},
            {"id": "k3", "weight": 1, "text": {"zh": "除以根号维度把方差拉回到一", "en": "Scaling restores unit variance"}},
        ],
        "misconceptions": [
            {
                "key_point": "k1",
                "text": {"zh": "除以根号维度是为了减少计算量", "en": "It saves computation"},
                "correction": {"zh": "计算量不变，是为了控制方差", "en": "It controls variance"},
            }
        ],
        "reference": {"zh": "点积的方差随维度增长，softmax 会饱和，所以要缩放。", "en": "Variance."},
        "hints": [
            {"zh": "想想很多个随机数加起来，波动会怎样。", "en": "Think of sums."},
            {"zh": "如果分数一个特别大，softmax 的梯度会怎样？", "en": "What of the gradient?"},
            {"zh": "因为点积方差随维度增长，会让 softmax 饱和。", "en": "Variance grows."},
        ],
        "follow_ups": [
            {"key_point": "k2", "kind": "why", "text": {"zh": "饱和之后训练会出什么现象？", "en": "What happens?"}},
            {"key_point": "k1", "kind": "edge_case", "text": {"zh": "如果维度只有一维还需要吗？", "en": "And with one dimension?"}},
        ],
        "terms": [["softmax"], ["方差", "variance"]],
        "prerequisites": [],
        "source": "test",
    }  # fmt: skip
    return {**question, **changes}  # type: ignore[return-value]
