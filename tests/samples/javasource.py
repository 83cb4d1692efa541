"""The made-up SDK as Java source, one class a file, and jars made from compiled classes."""

from __future__ import annotations

import io
import shutil
import subprocess
import zipfile
from pathlib import Path

import kit

PACKAGE = "com.nanjing.sdk"


def java(kind: str) -> str:
    """Return a C type as Java would write it."""
    return "byte[]" if kind == "char *" else "String" if kind.startswith("char[") else kind


def profiling() -> dict[str, str]:
    """Return file name → source of what is to be found."""
    constants = ",\n".join(f'    {n}({v}, "{g}")' for n, v, g in kit.NATIONS)
    fields = "\n".join(f'    @Gloss("{g}") public {java(t)} {n};' for n, t, g in kit.EVENT_FIELDS)
    parameters = ", ".join(f"{java(t)} {n}" for n, t in kit.FILTER_PARAMETERS)
    labels = ", ".join(f'"{x}"' for x in kit.LABELS)
    return {
        kit.NATION: f"public enum {kit.NATION} {{\n{constants};\n"
        "    public final int value; public final String gloss;\n"
        f"    {kit.NATION}(int v, String g) {{ value = v; gloss = g; }}\n}}\n",
        "Gloss": "import java.lang.annotation.*;\n@Retention(RetentionPolicy.RUNTIME) public @interface Gloss {\n"
        "    String value();\n}\n",
        kit.EVENT: f"public class {kit.EVENT} {{\n{fields}\n}}\n",
        "FaceClassifier": f"public class FaceClassifier {{\n"
        f"    public static final String[] {kit.LABELS_NAME} = {{{labels}}};\n}}\n",
        "NJ_Sdk": f"public class NJ_Sdk {{\n"
        f"    public static int {kit.FILTER}({parameters}) {{ return emNation.value + nSimilarity; }}\n}}\n",
    }


def _joining(name: str, fields: tuple[str, ...]) -> dict[str, str]:
    """Return a class that joins an object's text of its arguments, as its compiler puts off until it runs."""
    parts = ' + ", '.join(f'\\"{field}\\":\\"" + {field} + "\\""' for field in fields)
    given = ", ".join(f"String {field}" for field in fields)
    return {name: f'public class {name} {{\n    String told({given}) {{ return "{{{parts} + "}}"; }}\n}}\n'}


def joined() -> dict[str, str]:
    """Return what is to be found in a string that is joined when it is needed."""
    return _joining("FaceReports", ("glasses", "mask", "race", "similarity"))


def joined_card() -> dict[str, str]:
    """Return the twin: a card's form in such a string."""
    return _joining("CardReports", ("cardNo", "name", "ethnicity", "address"))


def card() -> dict[str, str]:
    """Return the twin: what a card reader transcribes."""
    fields = "\n".join(f"    public {java(t)} {n};" for n, t, _ in kit.CARD_FIELDS)
    return {kit.CARD: f"public class {kit.CARD} {{\n{fields}\n}}\n"}


def locales() -> dict[str, str]:
    """Return the twin: a table of languages."""
    puts = "\n".join(f'        names.put("{code}", "{name}");' for code, name in kit.LOCALES)
    return {
        "LocaleNames": "import java.util.*;\npublic class LocaleNames {\n"
        "    public static final Map<String, String> names = new HashMap<>();\n    static {\n" + puts + "\n    }\n}\n"
    }


def compiled(sources: dict[str, str], folder: Path) -> dict[str, bytes]:
    """Return path → class file, compiled by the JDK at hand."""
    assert shutil.which("javac")
    source, out = folder / "src", folder / "out"
    shutil.rmtree(folder, ignore_errors=True)
    source.mkdir(parents=True)
    for name, text in sources.items():
        (source / f"{name}.java").write_text(f"package {PACKAGE};\n{text}", encoding="utf-8")
    subprocess.run(
        ["javac", "-parameters", "-encoding", "utf-8", "-d", out, *sorted(source.iterdir())],
        check=True,
        capture_output=True,
        timeout=120,
    )
    return {p.relative_to(out).as_posix(): p.read_bytes() for p in sorted(out.rglob("*.class"))}


def jar(files: dict[str, bytes]) -> bytes:
    """Return files as a jar that is the same each time."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), data)
    return out.getvalue()
