"""Masking of personal data: what names or reaches a person goes before anything is stored.

Rules need a cue (a word before a name, the form of a number); a bare name without any cue stays.
"""

from __future__ import annotations

import re
from collections import Counter

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程苏魏吕丁任卢姚沈钟"
    "姜崔谭陆范汪廖石金韦贾夏付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐"
    "易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍"
)
_GIVEN = "[\u4e00-\u9fff]{1,2}"
_NAME = f"(?:欧阳|司马|上官|诸葛|东方|皇甫|尉迟|公孙|慕容|[{_SURNAMES}]){_GIVEN}"
_PAY = (
    "薪资|薪水|薪酬|工资|月薪|年薪|底薪|绩效|奖金|年终奖?|税前|税后|期望薪|涨薪|年包|总包"
    "|salary|base pay|compensation"
)
_AMOUNT = (
    r"\d[\d,.]*\s*(?:[-~～到至]\s*\d[\d,.]*\s*)?"
    r"(?:[kKwW万千百元块]|RMB|CNY|USD|个月|薪)?(?:元|块|/月|/年|每月)?"
)
_ABOUT_PAY = re.compile(_PAY, re.I)
_MONEY = re.compile(
    rf"(?<![\w.])(?:\d{{4,}}|{_AMOUNT}(?<=[kKwW万千元块月年薪]))(?![\w%％点天时周])"
    rf"|(?<=底薪|绩效|月薪|年薪|工资|薪资|奖金)\s*[:：+]?\s*{_AMOUNT}"
)
_TITLES = "老师|博士|教授|先生|女士|同学|经理|总监|医生|院士|学长|学姐|师兄|师姐"
_TALKS = "分享|演讲|报告|采访|访谈|博客"
_INTRODUCED = r"我叫|我的名字(?:叫|是)|姓\s*名\s*[:：]"
_HOMES = r"file:/{2,3}|\b[A-Za-z]:\\(?:Users|Documents and Settings|home)\\"

_RULES: tuple[tuple[str, str, str], ...] = (
    ("image path", r"!\[[^\]]{0,200}\]\(\s*file:[^)]{0,500}\)", ""),
    ("e-mail", r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+", "[e-mail]"),
    (
        "identity number",
        r"(?<!\d)[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{3}[\dXx]"
        r"(?![\dA-Za-z])",
        "[id]",
    ),
    (
        "phone",
        r"(?<![\w.])(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?![\w.]?\d)"
        r"|(?<![\w.-])0\d{2,3}[- ]\d{7,8}(?!\d)",
        "[phone]",
    ),
    (
        "phone",
        r"((?:电话|手机号?|联系方式|tel|phone|mobile)\s*(?:是|为|号码)?\s*[:：]?\s*)"
        r"\+?[\d(][\d\s()-]{6,18}\d",
        r"\1[phone]",
    ),
    (
        "account",
        r"((?:微信号?|QQ号?|wechat|weixin|钉钉|身份证号?|学号|工号|护照号?|银行卡号?|卡号)"
        r"\s*(?:是|为)?\s*[:：]?\s*)(?=[\w-]*\d)[A-Za-z0-9][A-Za-z0-9_-]{4,24}",
        r"\1[account]",
    ),
    (
        "local path",
        rf"(?:{_HOMES})[^\s)\"'<>|]{{1,500}}"
        r"|(?<![\w/])/(?:home|Users|root)/[^\s)\"'<>|,，。]{1,500}",
        "[path]",
    ),
    ("name", rf"((?:{_INTRODUCED}|(?:名字|候选人|联系人|作者)\s*[:：])\s*){_NAME}", r"\1[name]"),
    ("name", rf"((?:{_INTRODUCED})\s*)[\u4e00-\u9fff]{{2,4}}(?=[,，。;；、\s]|$)", r"\1[name]"),
    (
        "name",
        r"((?:\bmy name is|\bI am called|^\s*(?:full )?name\s*[:：])\s*)"
        r"(?-i:[A-Z][\w'’-]+(?:\s+[A-Z][\w'’-]+){0,2})",
        r"\1[name]",
    ),
    (
        "name",
        rf"(?:(?<=[^\u4e00-\u9fff])|(?<=[的由和与跟被找给是])|^){_NAME}"
        rf"(?=(?:{_TITLES})(?!.?(?:模型|数据|诊断|系统)))",
        "[name]",
    ),
    ("name", rf"(?<=的){_NAME}(?=在(?:一次|某次|其|一场)?(?:{_TALKS}))", "[name]"),
    ("name", r"\b(?-i:(?:Mr|Mrs|Ms|Dr|Prof)\.?\s+[A-Z][a-z]+(?:\s+[A-Z][a-z]+)?)\b", "[name]"),
)
_ANY_CUE = re.compile(
    r"!\[|@|\d[\d() -]{6}|file:|:\\|/(?:home|users|root)/|我叫|名字|姓\s*名|候选人|联系人"
    rf"|作者|name|i am called|{_TITLES}|{_TALKS}"
    r"|\b(?:mrs?|ms|dr|prof)\b|微信|qq|wechat|weixin|钉钉|证号|学号|工号|护照|卡号",
    re.I,
)
"""Holds whenever any rule does: most texts need no more than this one look."""
_COMPILED = tuple((rule, re.compile(pattern, re.I | re.M), new) for rule, pattern, new in _RULES)
_ORIGIN = re.compile(
    r"(?:来自|籍贯(?:是|为)?\s*[:：]?|老家(?:在|是)|家住|(?:现在|目前)?住在|我?人在)"
    r"\s*[\u4e00-\u9fff]{2,8}?(?=[,，。;；、\s]|$)"
)
_PERSON = re.compile(
    r"\[name\]|我叫|本科学历|硕士学历|统招|毕业于|入职|离职|面试官你好|学历[:：]|入学|年龄"
)
_ORGANISATION = re.compile(
    r"((?:和|与|跟|在|为|给|由|是)\s*)[\u4e00-\u9fffA-Za-z]{2,8}?(?:有限公司|集团|公司)(?=那边|这边|一起|合作|工作|任职|做|上班)"
)
_PARTNER = re.compile(
    r"((?:合作方|甲方|客户|合作伙伴)\s*(?:是|为|[:：])?\s*)[\u4e00-\u9fff]{2,6}?(?:医生|科技|集团|公司|健康|银行|医院)"
)
_GENERIC_FIRM = re.compile(
    r"(?:我们|上一?家|这家|贵|别的|一家|某|本|该|老|前|其他|你们|自己|各|几家|大|小)(?:有限公司|集团|公司)"
)


def mask(text: str, counts: Counter[str]) -> str:
    """Return the text with personal data replaced by words in brackets, counting per rule."""
    if not text:
        return text
    personal = bool(_PERSON.search(text))
    for rule, pattern, new in _COMPILED if _ANY_CUE.search(text) else ():
        text, n = pattern.subn(new, text)
        if n:
            counts[f"masked: {rule}"] += n
    if personal or _PERSON.search(text):
        text, n = _ORIGIN.subn("[place]", text)
        if n:
            counts["masked: place"] += n
    return "\n".join(_mask_line(line, counts) for line in text.split("\n"))


def _mask_line(line: str, counts: Counter[str]) -> str:
    if _ABOUT_PAY.search(line):
        line = _mask_salary(line, counts)
    line, n = _PARTNER.subn(r"\1[company]", line)
    if n:
        counts["masked: company"] += n
    if "公司" in line or "集团" in line:
        line, n = _ORGANISATION.subn(_unless_generic, line)
        if n and "[company]" in line:
            counts["masked: company"] += n
    return line


def _unless_generic(found: re.Match[str]) -> str:
    if _GENERIC_FIRM.search(found.group()):
        return found.group()
    return f"{found.group(1)}[company]"


def _mask_salary(line: str, counts: Counter[str]) -> str:
    """Replace amounts in a line about pay; ordinals in front of a line stay."""
    lead = re.match(r"^\s*(?:[-*•]\s*)?\d{1,2}[.、:：)）\s]\s*", line)
    head, rest = (line[: lead.end()], line[lead.end() :]) if lead else ("", line)
    rest, n = _MONEY.subn("[amount]", rest)
    if n:
        counts["masked: salary"] += n
    return head + rest
