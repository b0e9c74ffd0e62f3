#!/usr/bin/env python3
"""Writes layers/names/characters.tsv: the 8,105 characters of 通用规范汉字表 from the Unihan database.

Debian's package unicode-data ships Unihan (`apt-get install unicode-data`). The file is committed, so that only
whoever takes a newer edition of Unihan runs this::

    script/characters.py [FOLDER WITH Unihan_*.txt.bz2]
"""

from __future__ import annotations

import bz2
import re
import sys
from pathlib import Path

FOLDER = Path("/usr/share/unicode")
TARGET = Path(__file__).resolve().parent.parent / "layers" / "names" / "characters.tsv"
FIELDS = ("kTGH", "kTGHZ2013", "kXHC1983")
HEAD = """\
# 通用规范汉字表（2013）8105 字：序号、《通用规范汉字字典》(2013) 与《现代汉语词典》(1983) 的读音
# Source: Unihan {version}, fields kTGH, kTGHZ2013, kXHC1983; reduced from Debian's unicode-data by script/characters.py.
# Copyright Unicode, Inc.; licence in UNICODE-LICENSE.txt beside this file.
# 1-3500 一级字, 3501-6500 二级字, 6501-8105 三级字
character\tnumber\ttghz2013\txhc1983
"""


def read_fields(folder: Path) -> tuple[str, dict[str, dict[str, str]]]:
    """The version of Unihan, and of each field its values by character."""
    found: dict[str, dict[str, str]] = {field: {} for field in FIELDS}
    version = ""
    for path in sorted(folder.glob("Unihan_*.txt.bz2")):
        with bz2.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                if line.startswith("# Unicode version:"):
                    version = line.rpartition(":")[2].strip()
                code, _, rest = line.removeprefix("U+").rstrip("\n").partition("\t")
                field, _, value = rest.partition("\t")
                if field in found and line.startswith("U+"):
                    found[field][chr(int(code, 16))] = value
    return version, found


def readings(value: str) -> str:
    """The readings of a dictionary field, without their pages: ``048.050:chóu 306.020:qiú`` is ``chóu,qiú``."""
    return ",".join(dict.fromkeys(re.findall(r":(\S+)", value)))


def main() -> None:
    """Writes the file and tells how many characters it holds."""
    version, found = read_fields(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
    numbers = {character: int(value.rpartition(":")[2]) for character, value in found["kTGH"].items()}
    lines = [
        "\t".join([character, str(number), *(readings(found[field].get(character, "")) for field in FIELDS[1:])])
        for character, number in sorted(numbers.items(), key=lambda item: item[1])
    ]
    TARGET.write_text(HEAD.format(version=version) + "\n".join(lines) + "\n", encoding="utf-8")
    sys.stdout.write(f"{len(lines)} characters\n")


if __name__ == "__main__":
    main()
