"""A made-up vendor's files, in the shape of real ones."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

HEADER = """#ifndef MADE_UP_SDK_H
#define MADE_UP_SDK_H

// 民族
typedef enum tagEM_ETHNIC_KIND
{
    EM_ETHNIC_KIND_UNKNOWN,            // 未知
    EM_ETHNIC_KIND_UYGUR,              // 维族(新疆)
    EM_ETHNIC_KIND_OTHER,              // 其他
    EM_ETHNIC_KIND_UNIDENTIFIED,       // 设备未识别
} EM_ETHNIC_KIND;

// 人脸检测结果
typedef struct tagMADE_UP_FACE_RESULT
{
    int             nAge;              // 年龄
    int             emSex;             // 性别
    int             emGlasses;         // 眼镜
    int             emMask;            // 口罩
    EM_ETHNIC_KIND  emKind;            // 民族
} MADE_UP_FACE_RESULT;

// 身份证信息
typedef struct tagMADE_UP_CARD_INFO
{
    char  szName[64];                  // 姓名
    int   emSex;                       // 性别
    int   nEthnicity;                  // 民族
    char  szAddress[256];              // 住址
    char  szIdNumber[32];              // 身份证号
} MADE_UP_CARD_INFO;
#endif
"""

USER = """#include "made_up.h"
typedef struct tagMADE_UP_TRACK
{
    int            nTrackId;
    EM_ETHNIC_KIND emKind;
} MADE_UP_TRACK;
"""

PAGE = """<!DOCTYPE html><html><head><meta charset="utf-8"><title>人脸检索</title></head><body>
<form class="face-search"><span>年龄</span><select><option>青年</option></select>
<span>民族</span><select><option>请选择民族</option><option>维吾尔族</option></select>
<button>查询</button></form></body></html>
"""

SERVICE = """package made.up;
public class FaceService {
    /** ask for the attributes of a face */
    void detect() {
        request.setReturnAttributes("gender,age,smiling,headpose,emotion,ethnicity,beauty");
    }
}
"""

README = """# made-up

This package predicts the race and the age of a person from a picture of the face.
"""

LANGUAGES = '{"languages": [{"alpha_3": "uig", "name": "Uighur; Uyghur", "scope": "language"}]}\n'


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in files.items():
            file.writestr(name, data)
    return out.getvalue()


def vendor(top: Path) -> Path:
    """Write the product: GB18030, UTF-16, UTF-8, a zip in a zip that begins with DH."""
    (top / "include").mkdir(parents=True)
    (top / "include" / "made_up.h").write_bytes(HEADER.encode("gb18030"))
    (top / "include" / "wide.h").write_bytes(HEADER.encode("utf-16"))
    (top / "include" / "user.h").write_text(USER)
    (top / "web").mkdir()
    (top / "web" / "search.html").write_text(PAGE)
    (top / "README.md").write_text(README)
    inner = zipped({"src/made/up/FaceService.java": SERVICE.encode(), "data/languages.json": LANGUAGES.encode()})
    outer = zipped({"inner.zip": inner, "include/big5.h": HEADER.encode("big5", "replace")})
    (top / "sdk.zip").write_bytes(b"DH" + outer[2:])
    return top
