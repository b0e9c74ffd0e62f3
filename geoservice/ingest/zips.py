"""Compressed files, checked before anything is unpacked."""

from __future__ import annotations

import shutil
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath, PureWindowsPath

from geoservice.errors import BadInput

# What reading a member of a damaged archive raises.
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
MAX_MEMBERS = 10_000
MAX_RATIO = 200
# Small files may well shrink by more, for example a sheet with one value in every cell.
RATIO_FROM_BYTES = 64 * 2**20
_CHUNK = 2**20


def check_zip(path: Path, max_unpacked_mb: int) -> list[zipfile.ZipInfo]:
    """The members of a compressed file, directories left out, after looking at all of them.

    Parameters
    ----------
    path
        A .zip, .kmz or .xlsx file.
    max_unpacked_mb
        Largest sum of the unpacked members, in MiB.

    Raises
    ------
    BadInput
        ``import.zip-broken``, ``import.zip-too-many``, ``import.zip-path`` for a member that leaves the directory,
        ``import.zip-link``, ``import.zip-encrypted``, ``import.zip-bomb``.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError) as error:
        raise BadInput("import.zip-broken", file=path.name, reason=error) from None
    if len(members) > MAX_MEMBERS:
        raise BadInput("import.zip-too-many", file=path.name, count=len(members), most=MAX_MEMBERS)
    for member in members:
        _check_member(path, member)
    unpacked, packed = sum(one.file_size for one in members), sum(one.compress_size for one in members)
    ratio = unpacked / max(packed, 1)
    if unpacked > max_unpacked_mb * 2**20 or (unpacked > RATIO_FROM_BYTES and ratio > MAX_RATIO):
        raise BadInput(
            "import.zip-bomb", file=path.name, unpacked_mb=unpacked // 2**20, ratio=round(ratio), most=max_unpacked_mb
        )
    return [one for one in members if not one.is_dir()]


def unpack(path: Path, into: Path, max_unpacked_mb: int) -> list[Path]:
    """Unpacks a checked file into an empty directory and gives the paths of its files.

    What is written is counted, since the sizes that a file states may be false.

    Raises
    ------
    BadInput
        As `check_zip`.
    """
    members = check_zip(path, max_unpacked_mb)
    left = max_unpacked_mb * 2**20
    written = []
    with zipfile.ZipFile(path) as archive:
        for member in members:
            target = into / PurePosixPath(member_name(member))
            target.parent.mkdir(parents=True, exist_ok=True)
            left -= _copy(path, archive, member, target, left)
            written.append(target)
    return written


def _copy(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, left: int) -> int:
    size = 0
    try:
        with archive.open(member) as source, target.open("xb") as out:
            while chunk := source.read(_CHUNK):
                size += len(chunk)
                if size > min(left, member.file_size):
                    raise BadInput(
                        "import.zip-bomb", file=path.name, unpacked_mb=size // 2**20, ratio="?", most=left // 2**20
                    )
                out.write(chunk)
    except FileExistsError:
        raise BadInput("import.zip-path", file=path.name, member=member_name(member)) from None
    except (*BROKEN, ValueError) as error:
        raise BadInput("import.zip-broken", file=path.name, reason=error) from None
    except OSError as error:
        free_mb = shutil.disk_usage(target.parent).free // 2**20
        raise BadInput("import.zip-no-room", file=path.name, reason=error, free_mb=free_mb) from None
    return size


def _check_member(path: Path, member: zipfile.ZipInfo) -> None:
    name = member_name(member)
    windows = PureWindowsPath(name)
    if windows.drive or windows.root or ".." in windows.parts or "\x00" in name or not name:
        raise BadInput("import.zip-path", file=path.name, member=name[:200])
    mode = member.external_attr >> 16
    if mode and not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_IFMT(mode) == 0):
        raise BadInput("import.zip-link", file=path.name, member=name[:200])
    if member.flag_bits & 0x1:
        raise BadInput("import.zip-encrypted", file=path.name, member=name[:200])


def member_name(member: zipfile.ZipInfo) -> str:
    """Name of a member; without the Unicode flag Chinese Windows writes GBK, which zipfile reads as CP437."""
    if member.flag_bits & 0x800:
        return member.filename
    raw = member.filename.encode("cp437", errors="replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return member.filename
