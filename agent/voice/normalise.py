"""Text as it should be said: no code, no marks, formulas and figures in words."""

from __future__ import annotations

import re

_FENCE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_ON_SCREEN = {"zh": "代码请看屏幕。", "en": "The code is on the screen. "}
_SAID = {
    "zh": (
        ("√", "根号"), ("²", "的平方"), ("³", "的立方"), ("×", "乘"), ("÷", "除以"),
        ("≤", "小于等于"), ("≥", "大于等于"), ("≠", "不等于"), ("≈", "约等于"), ("→", "到"),
        ("∑", "求和"), ("Σ", "求和"), ("∞", "无穷"), ("∈", "属于"), ("±", "正负"), ("=", "等于"),
        ("+", "加"), ("<", "小于"), (">", "大于"), ("&", "和"), ("~", "到"), ("^", "的"),
    ),
    "en": (
        ("√", "square root of "), ("²", " squared"), ("³", " cubed"), ("×", " times "),
        ("÷", " divided by "), ("≤", " at most "), ("≥", " at least "), ("≠", " is not "),
        ("≈", " about "), ("→", " to "), ("∑", "sum of "), ("Σ", "sum of "), ("∞", "infinity"),
        ("∈", " in "), ("±", " plus or minus "), ("=", " equals "), ("+", " plus "),
        ("<", " less than "), (">", " greater than "), ("&", " and "), ("~", " to "),
        ("^", " to the "),
    ),
}  # fmt: skip
_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "θ": "theta",
    "λ": "lambda", "μ": "mu", "π": "pi", "σ": "sigma", "τ": "tau", "φ": "phi", "ω": "omega",
}  # fmt: skip
_UNITS = {
    "ms": ("毫秒", "milliseconds"), "GB": ("G", "gigabytes"), "MB": ("兆", "megabytes"),
    "KB": ("K", "kilobytes"), "kHz": ("千赫兹", "kilohertz"), "Hz": ("赫兹", "hertz"),
    "s": ("秒", "seconds"), "h": ("小时", "hours"),
}  # fmt: skip
_WORDS = {
    "LLaMA": "llama", "LoRA": "lora", "QLoRA": "q lora", "BERT": "bert", "RoBERTa": "roberta",
    "SARSA": "sarsa", "ReLU": "relu", "GELU": "gelu", "SwiGLU": "swiglu", "RoPE": "rope",
    "RAG": "rag", "CUDA": "cuda", "FAISS": "faiss", "JSON": "jason", "YAML": "yammel",
    "RAM": "ram", "SIMD": "simdee", "DPO": "D P O", "PyTorch": "pie torch", "NumPy": "num pie",
    "ZeRO": "zero", "BLEU": "blue", "ROUGE": "rouge", "GIL": "gil", "ViT": "V I T",
}  # fmt: skip
_NUMBER = re.compile(r"(?<![A-Za-z\d.])(\d+(?:\.\d+)?)(?![A-Za-z\d])")
_DIGITS = "零一二三四五六七八九"


def sentences(text: str) -> list[str]:
    """Cut text into sentences, marks kept; together they are the text."""
    pieces = re.split(r"(?<=[。！？!?\n])(?=[^。！？!?\n\"”』」）)])|(?<=\.)(?=\s)", text)
    return [piece for piece in pieces if piece]


def speakable(text: str, lang: str) -> str:
    """Return the words to say for a piece of written text; empty when nothing is to be said."""
    text = _FENCE.sub(_ON_SCREEN[lang], text)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"https?://\S+", "", text)
    text = re.sub(r"\\(?:frac|sqrt|text|mathrm|left|right)?|[$`*#{}|\[\]]", " ", text)
    for word, said in _WORDS.items():
        text = re.sub(rf"(?<![A-Za-z]){word}(?![A-Za-z])", said, text)
    text = re.sub(r"([A-Za-z])_([A-Za-z0-9])", r"\1 \2", text)
    for letter, name in _GREEK.items():
        text = text.replace(letter, f" {name} ")
    text = _figures(text, lang)
    for mark, said in _SAID[lang]:
        text = text.replace(mark, said)
    text = re.sub(r"[ \t\n]+", " ", text).strip()
    text = re.sub(r"(?<=[\u4e00-\u9fff，。！？；：、]) (?=[\u4e00-\u9fff，。！？；：、])", "", text)
    return text if re.search(r"\w", text) else ""


def _figures(text: str, lang: str) -> str:
    place = 0 if lang == "zh" else 1
    text = re.sub(r"(?<=\d),(?=\d{3})", "", text)
    text = re.sub(r"(\d)\s*[-–—~]\s*(\d)", r"\1到\2" if lang == "zh" else r"\1 to \2", text)
    for unit, names in _UNITS.items():
        text = re.sub(rf"(\d)\s*{unit}(?![A-Za-z])", rf"\1 {names[place]}", text)
    if lang == "en":
        return re.sub(r"(\d)\s*%", r"\1 percent", text)
    text = re.sub(r"(\d+(?:\.\d+)?)\s*%", r"百分之\1", text)
    return _NUMBER.sub(lambda m: chinese_number(m[1]), text)


def chinese_number(number: str) -> str:
    """Return a number of digits, with or without decimals, in Chinese words."""
    whole, _, part = number.partition(".")
    if len(whole) > 12 or (len(whole) > 1 and whole[0] == "0"):
        return "".join(_DIGITS[int(c)] for c in whole)
    words = _whole(int(whole))
    return words + ("点" + "".join(_DIGITS[int(c)] for c in part) if part else "")


def _whole(value: int) -> str:
    for size, name in ((10**8, "亿"), (10**4, "万")):
        if value >= size:
            head, rest = divmod(value, size)
            zero = "零" if 0 < rest < size // 10 else ""
            return _whole(head) + name + zero + (_whole(rest) if rest else "")
    words, gap = "", False
    for size, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, value = divmod(value, size)
        if digit:
            words += ("零" if gap and words else "") + _DIGITS[digit] + name
            gap = False
        else:
            gap = True
    words = words or "零"
    return words.removeprefix("一") if words.startswith("一十") else words
