"""Write the made-up SDK: the archive, the encoding and the wording are those of real ones, the maker is invented."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

NAME = "NightjarVision_NetSDK_V3.2.zip"

_EVENTS = """\
/**********************************************************************
 *  Nightjar Vision NetSDK  V3.2    （虚构的厂商，仅用于演示）
 *  An invented vendor. Written for the demonstration of sousveil.
 **********************************************************************/
#ifndef NJ_NETSDK_EVENT_H
#define NJ_NETSDK_EVENT_H

// 性别
typedef enum tagNJ_SEX_TYPE
{
    NJ_SEX_UNKNOWN,                 // 未知
    NJ_SEX_MAN,                     // 男
    NJ_SEX_WOMAN,                   // 女
} NJ_SEX_TYPE;

// 民族
typedef enum tagNJ_NATION_TYPE
{
    NJ_NATION_UNKNOWN,              // 未知
    NJ_NATION_UYGUR,                // 维族(新疆)
    NJ_NATION_OTHER,                // 其他
    NJ_NATION_UNIDENTIFIED,         // 设备未识别
} NJ_NATION_TYPE;

// 人脸检测事件
typedef struct tagNJ_EVENT_FACE_DETECT
{
    int                 nChannelID;         // 通道号
    char                szName[128];        // 事件名称
    NJ_RECT             stuFaceRect;        // 人脸框
    NJ_SEX_TYPE         emSex;              // 性别
    int                 nAge;               // 年龄
    NJ_NATION_TYPE      emNation;           // 民族
    int                 nGlass;             // 是否戴眼镜 0未识别 1不戴 2戴
    int                 nMask;              // 是否戴口罩
    int                 nBeard;             // 是否有胡子
} NJ_EVENT_FACE_DETECT;

#endif
"""

_CARD = """\
#ifndef NJ_NETSDK_CARD_H
#define NJ_NETSDK_CARD_H

// 身份证信息，由读卡器从证件上读出
typedef struct tagNJ_CITIZEN_CARD_INFO
{
    char        szName[64];             // 姓名
    char        szSex[8];               // 性别
    char        szNation[32];           // 民族
    char        szBirthday[16];         // 出生日期
    char        szAddress[256];         // 住址
    char        szCardNo[32];           // 身份证号码
    char        szIssuer[128];          // 签发机关
    char        szValidFrom[16];        // 有效期起始
    char        szValidTo[16];          // 有效期截止
} NJ_CITIZEN_CARD_INFO;

#endif
"""

_PAGE = """\
<!DOCTYPE html>
<html lang="zh-CN">
<head><meta charset="utf-8"><title>人脸检索</title></head>
<body>
<form id="faceSearch" action="/api/face/search" method="post">
  <label>上传人脸照片 <input type="file" name="faceImage" accept="image/*"></label>
  <label>相似度 <input type="number" name="similarity" value="85"></label>
  <label>性别
    <select name="gender">
      <option value="">不限</option>
      <option value="1">男</option>
      <option value="2">女</option>
    </select>
  </label>
  <label>民族
    <select name="ethnic">
      <option value="">不限</option>
      <option value="1">汉族</option>
      <option value="2">维吾尔族</option>
      <option value="3">其他</option>
    </select>
  </label>
  <button type="submit">检索</button>
</form>
</body>
</html>
"""

_LANGUAGES = """\
{
  "en": "English",
  "zh-CN": "简体中文",
  "ru": "Русский",
  "kk": "Қазақша",
  "ug": "ئۇيغۇرچە (Uyghur)",
  "bo": "བོད་ཡིག (Tibetan)"
}
"""

_README = """\
Nightjar Vision NetSDK V3.2

An invented product. It stands in for a camera vendor's software development kit.

include/   C headers
web/       pages of the management console
locale/    languages of the console
"""


def files() -> dict[str, bytes]:
    """Return the SDK's files by path, as its maker would have encoded them."""
    return {
        "ReadMe.txt": _README.encode(),
        "include/nj_event.h": _EVENTS.replace("\n", "\r\n").encode("gbk"),
        "include/nj_card.h": _CARD.replace("\n", "\r\n").encode("gbk"),
        "web/faceSearch.html": _PAGE.encode(),
        "locale/languages.json": _LANGUAGES.encode(),
    }


def write(folder: Path) -> Path:
    """Write the SDK into ``folder`` and return its archive: a zip that begins with ``DH``, as some vendors' do."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files().items():
            archive.writestr(zipfile.ZipInfo(name, (2021, 3, 1, 12, 0, 0)), data, zipfile.ZIP_DEFLATED)
    path = folder / NAME
    path.write_bytes(b"DH" + buffer.getvalue()[2:])
    return path
