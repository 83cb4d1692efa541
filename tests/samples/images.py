"""Images that file systems' own tools made, small and packed: they hold the kit's header, or the table of languages.

Made by ``python tests/samples/images.py [.erofs]``, which needs the tools; the samples and the tests do not.
"""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
import tempfile
import zlib
from functools import cache
from pathlib import Path

STORE = Path(__file__).with_name("images.json")
EROFS = {
    "plain": ["-b4096"],
    "old": ["-zlz4", "-Elegacy-compress"],
    "lz4": ["-zlz4hc", "-C16384", "-Eztailpacking"],
    "chunks": ["--chunksize=8192"],
    "shared": ["-zlz4hc", "-C16384", "-Ededupe,fragments"],
    "lzma": ["-zlzma", "-C16384", "-Eall-fragments"],
    "deflate": ["-zdeflate", "-C16384", "-Eztailpacking"],
    "zstd": ["-zzstd", "-C16384", "-Eztailpacking"],
}
"""How each is made: of every layout and packing one."""


@cache
def _store() -> dict[str, str]:
    held: dict[str, str] = json.loads(STORE.read_text())
    return held


def names() -> list[str]:
    """Return the names of the images that hold the header; each with ``twin-`` before it holds the table."""
    return sorted(name for name in _store() if not name.startswith("twin-"))


@cache
def image(name: str) -> bytes:
    """Return an image."""
    return zlib.decompress(base64.b85decode(_store()[name]))


def _run(*command: str | Path) -> None:
    subprocess.run([str(c) for c in command], check=True, capture_output=True)


def _make(tree: Path, out: Path) -> dict[str, Path]:
    made: dict[str, Path] = {}
    for compression in ("gzip", "lzma", "lzo", "xz", "lz4", "zstd"):
        made[f"{compression}.squashfs"] = path = out / compression
        _run(
            "mksquashfs",
            tree,
            path,
            "-comp",
            compression,
            "-noappend",
            "-all-root",
            "-mkfs-time",
            "0",
            "-all-time",
            "0",
        )
    for name, options in {"le": ["-l"], "be": ["-b"], "rtime": ["-l", "-x", "zlib", "-x", "lzo"]}.items():
        made[f"{name}.jffs2"] = path = out / f"jffs2-{name}"
        _run("mkfs.jffs2", "-r", tree, "-o", path, "-e", "64KiB", "-n", "-q", *options)
    for order in ("little", "big"):
        made[f"{order}.cramfs"] = path = out / f"cramfs-{order}"
        _run("mkfs.cramfs", "-N", order, tree, path)
    made["sdk.romfs"] = path = out / "romfs"
    _run("genromfs", "-d", tree, "-f", path)
    for kind, options in {"ext2": ["-b", "1024"], "ext4": ["-b", "4096", "-O", "inline_data"], "ext3": []}.items():
        made[f"sdk.{kind}"] = path = out / kind
        _run(
            "mke2fs", "-q", "-t", kind, *options, "-U", "0" * 8 + "-0000-0000-0000-" + "0" * 12, "-d", tree, path, "2M"
        )
    made |= _erofs(tree, out)
    for compression in ("lzo", "zlib", "zstd"):
        made[f"{compression}.ubifs"] = path = out / f"ubifs-{compression}"
        _run("mkfs.ubifs", "-r", tree, "-m", "512", "-e", "15360", "-c", "64", "-o", path, "-x", compression)
    settings = out / "ubi.ini"
    settings.write_text(
        f"[a]\nmode=ubi\nimage={out / 'ubifs-lzo'}\nvol_id=0\nvol_size=512KiB\nvol_type=dynamic\nvol_name=rootfs\n"
        f"[b]\nmode=ubi\nimage={out / 'xz'}\nvol_id=1\nvol_type=static\nvol_name=app\n"
    )
    made["sdk.ubi"] = path = out / "ubi"
    _run("ubinize", "-o", path, "-p", "16KiB", "-m", "512", "-s", "256", settings)
    for bits, size in {"12": "256", "16": "5000", "32": "34000"}.items():
        made[f"fat{bits}.img"] = path = out / f"fat{bits}"
        _run("mkfs.vfat", "-C", "-F", bits, "-s", "1", "-i", "0", "--invariant", path, size)
        for below in sorted(tree.iterdir()):
            _run("mcopy", "-s", "-i", path, below, "::")
    tree_source = out / "fit.its"
    tree_source.write_text(
        '/dts-v1/; / { description = "x"; #address-cells = <1>; images { rootfs { description = "r"; data = '
        f'/incbin/("{out / "xz"}"); type = "filesystem"; arch = "arm"; compression = "none"; }}; }}; '
        'configurations { default = "c"; c { description = "c"; }; }; };'
    )
    for name, more in {"in": [], "out": ["-E"]}.items():
        made[f"{name}.itb"] = path = out / f"{name}.itb"
        _run("mkimage", *more, "-f", tree_source, path)
    made |= _installers(tree, out)
    return made


def _erofs(tree: Path, out: Path) -> dict[str, Path]:
    """Version 1.8 of the tool, or later."""
    made: dict[str, Path] = {}
    for kind, options in EROFS.items():
        made[f"{kind}.erofs"] = path = out / f"erofs-{kind}"
        _run("mkfs.erofs", "-T0", "-U" + "0" * 8 + "-0000-0000-0000-" + "0" * 12, "--all-root", *options, path, tree)
    return made


def _installers(tree: Path, out: Path) -> dict[str, Path]:
    made: dict[str, Path] = {}
    (file,) = (tree / "inc" / "deep").iterdir()
    for name, (compressor, wide) in {"solid": ("/SOLID lzma", "true"), "single": ("zlib", "false")}.items():
        exe, script = out / f"{name}.exe", out / f"{name}.nsi"
        script.write_text(
            f'Unicode {wide}\nSetCompressor {compressor}\nName "x"\nOutFile "{exe}"\nSection\nSetOutPath "$INSTDIR"\n'
            f'File "{file}"\nFile "{tree / "readme.txt"}"\nSectionEnd\n'
        )
        _run("makensis", "-V1", script)
        whole = exe.read_bytes()
        at = whole.index(b"\xef\xbe\xad\xdeNullsoftInst") - 4
        made[f"{name}.nsis.exe"] = path = out / f"{name}.cut.exe"
        path.write_bytes(b"MZ".ljust(512, b"\0") + whole[at:])  # without the installer's own program
    package = out / "package.wxs"
    guid = "12345678-1234-1234-1234-11111111111"
    listed = "".join(
        f'<Component Id="C{n}" Guid="{guid}{n}"><File Id="fil{n}" Source="{source.name}"/></Component>'
        for n, source in enumerate((file, tree / "readme.txt"))
    )
    for source in (file, tree / "readme.txt"):
        shutil.copy(source, out)
    package.write_text(
        f'<Wix xmlns="http://schemas.microsoft.com/wix/2006/wi"><Product Id="{guid}8" UpgradeCode="{guid}9" Name="x" '
        'Version="1.0" Manufacturer="x" Language="1033"><Package InstallerVersion="200" Compressed="yes" Comments="x"/>'
        '<Media Id="1" Cabinet="one.cab" EmbedCab="yes"/><Directory Id="TARGETDIR" Name="SourceDir"><Directory '
        f'Id="ProgramFilesFolder"><Directory Id="INSTALLDIR" Name="x">{listed}</Directory></Directory></Directory>'
        '<Feature Id="D" Level="1"><ComponentRef Id="C0"/><ComponentRef Id="C1"/></Feature></Product></Wix>'
    )
    made["sdk.msi"] = out / "sdk.msi"
    subprocess.run(["wixl", "-o", "sdk.msi", "package.wxs"], check=True, capture_output=True, cwd=out)
    _run("xorriso", "-as", "mkisofs", "-quiet", "-hfsplus", "-o", out / "hybrid", tree)
    whole = (out / "hybrid").read_bytes()
    at = min(whole.index(mark) for mark in (b"H+\0\4", b"HX\0\5") if mark in whole) - 1024
    made["sdk.hfs"] = path = out / "hfs"
    path.write_bytes(whole[at:])
    return made


def build(only: str = "") -> None:
    """Make every image anew, or those whose names end so."""
    from made_containers import HEADER, TABLE

    store = {name: held for name, held in _store().items() if only and not name.endswith(only)}
    for before, name, data in (("", "sdk.h", HEADER), ("twin-", "languages.json", TABLE)):
        with tempfile.TemporaryDirectory() as folder:
            tree, out = Path(folder, "tree"), Path(folder, "out")
            (tree / "inc" / "deep").mkdir(parents=True)
            out.mkdir()
            (tree / "inc" / "deep" / name).write_bytes(data)
            (tree / "readme.txt").write_bytes(b"plain\n" * 4000)
            made = _erofs(tree, out) if only == ".erofs" else _make(tree, out)
            for image_name, path in made.items():
                store[before + image_name] = base64.b85encode(zlib.compress(path.read_bytes(), 9)).decode()
    STORE.write_text(json.dumps(store, indent=0) + "\n")


if __name__ == "__main__":
    only = sys.argv[1] if len(sys.argv) > 1 else ""
    assert only or shutil.which("mksquashfs"), "the tools are not installed"
    build(only)
