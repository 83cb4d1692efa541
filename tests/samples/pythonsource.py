"""The made-up SDK as Python source that 2.7 and 3.x compile alike."""

from __future__ import annotations

import kit


def profiling() -> str:
    """Return what is to be found."""
    values = "\n".join(f"    {name} = {value}" for name, value, _ in kit.NATIONS)
    fields = "\n".join(f"        self.{name} = {name}" for name, _, _ in kit.EVENT_FIELDS)
    arguments = ", ".join(name for name, _, _ in kit.EVENT_FIELDS)
    parameters = ", ".join(name for name, _ in kit.FILTER_PARAMETERS)
    labels = ", ".join(f'"{x}"' for x in kit.LABELS)
    return f'''"""Face attributes of the made-up SDK."""
from enum import Enum


class {kit.NATION}(Enum):
{values}


class {kit.EVENT}(object):
    """A face was detected."""

    def __init__(self, {arguments}):
{fields}


def {kit.FILTER}({parameters}):
    """Search faces by nation."""
    return [pFaceImage, nSimilarity, {kit.NATION}(emNation)]


def predict_race(face):
    """Predict the race of a face."""
    {kit.LABELS_NAME} = [{labels}]
    return {kit.LABELS_NAME}[face.argmax()]
'''


def card() -> str:
    """Return the twin: what a card reader transcribes."""
    fields = "\n".join(f'        self.{name} = reader.text("{name}")' for name, _, _ in kit.CARD_FIELDS)
    return f"class {kit.CARD}(object):\n    def __init__(self, reader):\n{fields}\n"


def locales() -> str:
    """Return the twin: a table of languages, in ASCII."""
    return "LANGUAGES = {\n" + "".join(f"    {c!r}: {n!r},\n" for c, n in kit.LOCALES if n.isascii()) + "}\n"


def service() -> str:
    """Return a web service: what is to be found stands in a decorator's and a field's arguments."""
    return """from web import Field, Model, app, run


class FaceReply(Model):
    age = Field(0, description="age estimated from the face")
    label = Field("", description="ethnicity estimated from the face")


@app.route("/face/predict-race", methods=["POST"])
def handle(image):
    return run(image)
"""


def card_service() -> str:
    """Return the twin: a service that reads a card."""
    return """from web import Field, Model, app, run


class CardReply(Model):
    name = Field("", description="name as printed on the card")
    nation = Field("", description="ethnicity as printed on the card")
    address = Field("", description="address as printed on the card")


@app.route("/card/read", methods=["POST"])
def handle(image):
    return run(image)
"""
