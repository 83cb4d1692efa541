"""What a manual says that a product does with persons of a group, in several languages; and what says no such thing."""

from __future__ import annotations

import pytest
from tests.judge.madeup import judged

from sousveil.judge.targeting import find_targeting
from sousveil.match.lexicon import load
from sousveil.model import Act, Trait

SAID = (
    "系统可对涉疆人员、维吾尔族租住户进行实时管控和轨迹预警。",
    "支持对维吾尔族人员进行重点布控。",
    "平台发现维吾尔族人员入住后自动向公安机关报警。",
    "一旦检测到少数民族人员进入小区，系统立即推送预警信息。",
    "人员预警模型：新疆籍人员夜间聚集预警。",
    "本系统支持按民族、性别、年龄检索抓拍人员。",
    "The system sends an alert to the police when a Uyghur person is detected.",
    "The platform raises an alarm if an ethnic minority enters the community.",
    "When a Uyghur is recognised by the camera, an alert goes to the police.",
    "Operators can search captured persons by ethnicity, age and clothing.",
    "Система отправляет тревогу при появлении лиц цыганской национальности.",
)
UNSAID = (
    "国家对少数民族进行民族识别。",
    "据报道，当局对维吾尔族进行监控。",
    "学校对少数民族学生进行心理辅导和学业预警。",
    "不得对少数民族人员进行布控。",
    "系统支持维吾尔文界面和预警信息。",
    "Human Rights Watch reports that police send alerts when a Uyghur person is detected.",
    "The system does not send alerts when a Uyghur person is detected.",
    "The platform shows alerts in Uyghur and Tibetan.",
    "The app sends notifications for Muslim prayer times to people nearby.",
    "We support monitoring of hate crimes against Roma people.",
    "Our system sends an alert when a Buddhist festival begins.",
    "系统支持对少数民族语言进行监测。",
    "平台对少数民族贫困人口进行监测和预警。",
    "The app notifies users when the ethnicity field is empty.",
    "Users can search products by colour and faith-based charities by city.",
    "Users can filter the table by ethnicity.",
    "Our app lets you search stock videos by ethnicity and age of the models.",
)


@pytest.mark.parametrize("sentence", SAID)
def test_said(sentence: str) -> None:
    found = judged(manual__md="# Manual\n\n" + sentence + "\n").findings
    assert (Act.TARGETS, Trait.ETHNICITY) in {(f.act, f.trait) for f in found if f.probability >= 0.5}


@pytest.mark.parametrize("sentence", UNSAID)
def test_not_said(sentence: str) -> None:
    assert find_targeting(sentence, Trait.ETHNICITY, load().tag) is None
    assert not [f for f in judged(manual__md="# Manual\n\n" + sentence + "\n").findings if f.act is Act.TARGETS]
