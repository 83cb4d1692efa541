"""An Android program: DEX by the small writer beside this file, in a zip as an APK."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dexwriter
import javasource
import kit
from dexwriter import Class, Member

FORMAT = "dex"
_TEXT = "Ljava/lang/String;"


def _type(kind: str) -> str:
    known = {"int": "I", "char *": "[B", kit.NATION: f"Lcom/nanjing/sdk/{kit.NATION};"}
    return _TEXT if kind.startswith("char[") else known[kind]


def profiling() -> bytes:
    """Return what is to be found."""
    parameters = tuple((n, _type(t)) for n, t in kit.FILTER_PARAMETERS)
    return dexwriter.write(
        [
            Class(_type(kit.NATION), enum=True, constants=kit.NATIONS),
            Class(
                f"Lcom/nanjing/sdk/{kit.EVENT};", fields=[Member(n, _type(t), note=g) for n, t, g in kit.EVENT_FIELDS]
            ),
            Class(
                "Lcom/nanjing/sdk/FaceClassifier;",
                labels=(kit.LABELS_NAME, kit.LABELS),
                methods=[Member(kit.FILTER, "I", parameters=parameters)],
            ),
        ]
    )


def card() -> bytes:
    """Return the twin: what a card reader transcribes."""
    fields = [Member(n, _type(t)) for n, t, _ in kit.CARD_FIELDS]
    return dexwriter.write([Class(f"Lcom/nanjing/card/{kit.CARD};", fields=fields)])


def locales() -> bytes:
    """Return the twin: a table of languages."""
    names = tuple(n for _, n in kit.LOCALES)[:8]
    return dexwriter.write([Class("Lcom/nanjing/ui/LocaleNames;", labels=("LANGUAGES", names))])


def samples(folder: Path) -> Iterator[kit.Sample]:
    """Yield the SDK as DEX and in an APK, and its twins."""
    finds = (kit.NATION, "NJ_NATION_UYGUR", kit.EVENT, "emNation", kit.FILTER, kit.LABELS_NAME)
    where = f"com.nanjing.sdk.{kit.EVENT} at 0x"
    yield kit.Sample("classes.dex", profiling(), finds=finds, where=where, linked=(kit.EVENT, kit.NATION))
    apk = javasource.jar({"classes.dex": profiling()})
    yield kit.Sample("nj.apk", apk, finds=finds, where="nj.apk!/classes.dex", linked=(kit.EVENT, kit.NATION))
    yield kit.Sample("card.dex", card(), "records")
    yield kit.Sample("locale.dex", locales(), "clear")
